/** A credential helper of docker: a program `docker-credential-NAME` on the PATH that keeps logins. */

import { explain, hasCode, RegError } from '../errors.js';
import { DOCKER_HUB } from '../spec/docker-hub.js';
import { quoteText } from '../spec/text.js';
import { hostOfKey, keyFor, keysFor } from './auth-entry.js';
import type { Credential } from './credential.js';
import type { HelperSetting } from './docker-config.js';
import { HelperProgram, type HelperOptions } from './helper-program.js';
import { findProgram, type Command } from './run-program.js';

/** Every method throws CREDENTIALS_UNAVAILABLE when the helper is missing, fails, hangs or answers nonsense. */
export class Helper {
  /** `docker-credential-pass` */
  readonly program: string;
  readonly #setting: HelperSetting;
  readonly #options: HelperOptions;
  readonly #speaker: HelperProgram;

  /** No I/O. Throws INVALID_CONFIG for a name that is more than a name. */
  constructor(setting: HelperSetting, options: HelperOptions) {
    const { name, where } = setting;
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
      throw new RegError(
        'INVALID_CONFIG',
        `${where} is ${quoteText(name)}, which is not the name of a helper`,
      );
    }
    this.program = `docker-credential-${name}`;
    this.#setting = setting;
    this.#options = options;
    this.#speaker = new HelperProgram({ ...options, name: this.program, find: () => this.#find() });
  }

  /** Undefined when the helper has nothing for the host. */
  get(host: string): Promise<Credential | undefined> {
    return this.#attempt(host, 'no login', () => this.#speaker.get(keyFor(host)));
  }

  store(host: string, credential: Credential): Promise<void> {
    return this.#attempt(host, 'cannot keep the login', () => this.#speaker.store(keyFor(host), credential));
  }

  /** Answers whether there was something, as far as the helper tells. */
  erase(host: string): Promise<boolean> {
    return this.#attempt(host, 'cannot remove the login', async () => {
      const hadOne = await this.#speaker.erase(keyFor(host));
      for (const key of await this.#tokensBeside(host)) await this.#speaker.erase(key);
      return hadOne;
    });
  }

  /** The servers that it has logins for. */
  list(): Promise<readonly string[]> {
    return this.#speaker.list();
  }

  /** Whether it is there to be run; for those who want to know before they begin. */
  async check(host: string): Promise<void> {
    await this.#attempt(host, 'cannot keep the login', () => this.#find());
  }

  /**
   * What docker keeps beside a login for the Hub that was made in a browser: `…/v1/access-token`, `…/v1/refresh-token`
   * (docker/cli, internal/oauth/manager). A helper need not be able to list.
   */
  async #tokensBeside(host: string): Promise<readonly string[]> {
    if (hostOfKey(host) !== DOCKER_HUB) return [];
    try {
      return keysFor(host, await this.list()).filter((key) => key.endsWith('-token'));
    } catch (error) {
      if (hasCode(error, 'CREDENTIALS_UNAVAILABLE')) return [];
      throw error;
    }
  }

  async #attempt<T>(host: string, fault: string, task: () => Promise<T>): Promise<T> {
    // A line break would make two questions out of one (git CVE-2020-5260).
    if (/[\p{Cc}\s]/u.test(host)) throw new RegError('INVALID_ARGUMENT', `${quoteText(host)} is not a host`);
    try {
      return await task();
    } catch (error) {
      const { where, hint } = this.#setting;
      const usual = `${where} names it: install or fix it, or remove it there and run "reg login ${host}".`;
      throw explain(error, `${fault} for ${host}`, { hint: hint ?? usual });
    }
  }

  async #find(): Promise<Command> {
    const path = await findProgram(this.program, this.#options.env);
    if (path !== undefined) return { path };
    throw new RegError('CREDENTIALS_UNAVAILABLE', `${this.program} is not on the PATH`);
  }
}
