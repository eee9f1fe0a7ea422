/**
 * A credential helper of docker: a program `docker-credential-NAME` that keeps logins, driven by its first argument
 * and its standard input (docker/docker-credential-helpers).
 *
 *     get    server           ─▶ {"ServerURL", "Username", "Secret"}
 *     store  {the same}
 *     erase  server
 */

import { explain, RegError } from '../errors.js';
import { parseJsonObject, type JsonObject } from '../spec/json.js';
import { quoteText } from '../spec/text.js';
import { keyFor } from './auth-entry.js';
import { isPlain, type Credential } from './credential.js';
import type { HelperSetting } from './docker-config.js';
import { isNotFound, reasonOf } from './helper-reason.js';
import { findProgram, runProgram, type Ended, type Environment } from './run-program.js';

export interface HelperOptions {
  /** Where helpers are looked for (`PATH`), and what they run in. */
  readonly env: Environment;
  /** After how long a helper is stopped, in milliseconds; default 30 000. */
  readonly timeLimitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onNotice?: ((notice: { readonly type: 'warning'; readonly message: string }) => void) | undefined;
}

/** The user name beside a secret that is an identity token. */
const TOKEN_USER = '<token>';

/** What is wanted of a helper. */
interface Errand {
  readonly action: 'get' | 'store' | 'erase';
  readonly host: string;
  readonly input: string;
  readonly secret?: string;
}

/** Every method throws CREDENTIALS_UNAVAILABLE when the helper is missing, fails, hangs or answers nonsense. */
export class Helper {
  /** `docker-credential-pass` */
  readonly program: string;
  readonly #where: string;
  readonly #options: HelperOptions;

  /** No I/O. Throws INVALID_CONFIG for a name that is more than a name. */
  constructor({ name, where }: HelperSetting, options: HelperOptions) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
      throw new RegError(
        'INVALID_CONFIG',
        `${where} is ${quoteText(name)}, which is not the name of a helper`,
      );
    }
    this.program = `docker-credential-${name}`;
    this.#where = where;
    this.#options = options;
  }

  /** Undefined when the helper has nothing for the host. */
  get(host: string): Promise<Credential | undefined> {
    return this.#attempt(host, 'no login', async () => {
      const ended = await this.#run({ action: 'get', host, input: keyFor(host) });
      return ended === undefined ? undefined : this.#read(ended.stdout, host);
    });
  }

  async store(host: string, credential: Credential): Promise<void> {
    await this.#attempt(host, 'cannot keep the login', () => {
      const { username, secret } = this.#format(credential);
      const input = `${JSON.stringify({ ServerURL: keyFor(host), Username: username, Secret: secret })}\n`;
      return this.#run({ action: 'store', host, input, secret });
    });
  }

  /** Answers whether there was something, as far as the helper tells. */
  erase(host: string): Promise<boolean> {
    return this.#attempt(
      host,
      'cannot remove the login',
      async () => (await this.#run({ action: 'erase', host, input: keyFor(host) })) !== undefined,
    );
  }

  /** Whether it is there to be run; for those who want to know before they begin. */
  async check(host: string): Promise<void> {
    await this.#attempt(host, 'cannot keep the login', () => this.#find());
  }

  async #attempt<T>(host: string, fault: string, task: () => Promise<T>): Promise<T> {
    // A line break would make two questions out of one (git CVE-2020-5260).
    if (/[\p{Cc}\s]/u.test(host)) throw new RegError('INVALID_ARGUMENT', `${quoteText(host)} is no host`);
    try {
      return await task();
    } catch (error) {
      const hint = `${this.#where} names it: install or mend it, or take it out there and run "reg login ${host}".`;
      throw explain(error, `${fault} for ${host}`, { hint });
    }
  }

  /** Undefined when the helper says that it has nothing for the host. */
  async #run({ action, input, secret }: Errand): Promise<Ended | undefined> {
    const { env, timeLimitMs = 30_000, signal } = this.#options;
    const program = { name: this.program, path: await this.#find() };
    const ended = await runProgram(program, { args: [action], input, env, timeLimitMs, signal });
    if (ended.code === 0) return ended;
    if (action !== 'store' && isNotFound(ended)) return undefined;
    throw this.#unavailable(`failed${reasonOf(ended, secret)}`);
  }

  async #find(): Promise<string> {
    const path = await findProgram(this.program, this.#options.env);
    if (path === undefined) throw this.#unavailable('is not on the PATH');
    return path;
  }

  #read(stdout: Uint8Array, host: string): Credential | undefined {
    const reply = this.#parse(stdout);
    const username = this.#text(reply, 'Username');
    const secret = this.#text(reply, 'Secret');
    if (secret === '') {
      const message = `${this.program} answers with an empty login for ${host}, which counts as none`;
      this.#options.onNotice?.({ type: 'warning', message });
      return undefined;
    }
    if (username === TOKEN_USER) return { identityToken: secret };
    const login = { username, password: secret };
    if (!isPlain(login)) throw this.#unavailable('answers with control characters');
    return login;
  }

  #parse(stdout: Uint8Array): JsonObject {
    try {
      return parseJsonObject(stdout, { what: this.program });
    } catch {
      // What exactly is wrong with it could be told only by quoting from it.
      throw this.#unavailable('answers with what is not JSON');
    }
  }

  #text(reply: JsonObject, key: string): string {
    const value = reply[key] ?? '';
    if (typeof value !== 'string') throw this.#unavailable(`answers with a "${key}" that is not a string`);
    return value;
  }

  #format(credential: Credential): { readonly username: string; readonly secret: string } {
    if ('identityToken' in credential) return { username: TOKEN_USER, secret: credential.identityToken };
    if ('registryToken' in credential) throw this.#unavailable('cannot keep a token for the registry itself');
    return { username: credential.username, secret: credential.password };
  }

  #unavailable(fault: string): RegError {
    return new RegError('CREDENTIALS_UNAVAILABLE', `${this.program} ${fault}`);
  }
}
