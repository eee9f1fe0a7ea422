/**
 * The protocol of credential helpers, spoken with one program: driven by its first argument and its standard input
 * (docker/docker-credential-helpers).
 *
 *     get    server           ─▶ {"ServerURL", "Username", "Secret"}
 *     store  {the same}
 *     erase  server
 *     list                    ─▶ {server: username}
 */

import { RegError } from '../errors.js';
import { parseJsonObject, type JsonObject } from '../spec/json.js';
import { isPlain, type Credential } from './credential.js';
import { isNotFound, reasonOf } from './helper-reason.js';
import { runProgram, type Command, type Ended, type Environment } from './run-program.js';

export interface HelperOptions {
  /** Where helpers are looked for (`PATH`), and what they run in. */
  readonly env: Environment;
  /** After how long a helper is stopped, in milliseconds; default 30 000. */
  readonly timeLimitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onNotice?: ((notice: { readonly type: 'warning'; readonly message: string }) => void) | undefined;
}

export interface HelperProgramOptions extends HelperOptions {
  /** What messages call it. */
  readonly name: string;
  /** Throws CREDENTIALS_UNAVAILABLE when it is not there. */
  readonly find: () => Promise<Command>;
  /** What it means that the program ended like this; default: that it failed. */
  readonly explain?: ((ended: Ended, secret: string | undefined) => RegError) | undefined;
}

/** The username beside a secret that is an identity token. */
const TOKEN_USER = '<token>';

/** What is wanted of a helper. */
interface Errand {
  readonly action: 'get' | 'store' | 'erase' | 'list';
  readonly input?: string;
  readonly secret?: string;
}

/** Every method throws CREDENTIALS_UNAVAILABLE when the program is missing, fails, hangs or answers nonsense. */
export class HelperProgram {
  readonly #options: HelperProgramOptions;

  constructor(options: HelperProgramOptions) {
    this.#options = options;
  }

  /** Undefined when the helper has nothing for the server. */
  async get(server: string): Promise<Credential | undefined> {
    const ended = await this.#run({ action: 'get', input: server });
    return ended === undefined ? undefined : this.#read(ended.stdout, server);
  }

  async store(server: string, credential: Credential): Promise<void> {
    if ('registryToken' in credential) throw this.#unavailable('cannot keep a token for the registry itself');
    const { username, secret } = secretOf(credential);
    const input = `${JSON.stringify({ ServerURL: server, Username: username, Secret: secret })}\n`;
    await this.#run({ action: 'store', input, secret });
  }

  /** Answers whether there was something, as far as the helper tells. */
  async erase(server: string): Promise<boolean> {
    return (await this.#run({ action: 'erase', input: server })) !== undefined;
  }

  /** The servers that it has logins for. */
  async list(): Promise<readonly string[]> {
    const ended = await this.#run({ action: 'list' });
    return ended === undefined ? [] : Object.keys(this.#parse(ended.stdout));
  }

  /** Undefined when the helper says that it has nothing. */
  async #run({ action, input = '', secret }: Errand): Promise<Ended | undefined> {
    const { name, find, env, timeLimitMs = 30_000, signal, explain } = this.#options;
    const { path, args = [] } = await find();
    const options = { args: [...args, action], input, env, timeLimitMs, signal };
    const ended = await runProgram({ name, path }, options);
    if (ended.code === 0) return ended;
    if (action !== 'store' && isNotFound(ended)) return undefined;
    throw explain?.(ended, secret) ?? this.#unavailable(`failed${reasonOf(ended, secret)}`);
  }

  #read(stdout: Uint8Array, server: string): Credential | undefined {
    const reply = this.#parse(stdout);
    const username = this.#text(reply, 'Username');
    const secret = this.#text(reply, 'Secret');
    if (secret === '') {
      const message = `${this.#options.name} answers with an empty login for ${server}, which counts as none`;
      this.#options.onNotice?.({ type: 'warning', message });
      return undefined;
    }
    const credential = parseLogin(username, secret);
    if ('password' in credential && !isPlain({ username, password: secret }))
      throw this.#unavailable('answers with control characters');
    return credential;
  }

  #parse(stdout: Uint8Array): JsonObject {
    try {
      return parseJsonObject(stdout, { what: this.#options.name });
    } catch {
      // What exactly is wrong with it could be told only by quoting from it.
      throw this.#unavailable('answers with something that is not JSON');
    }
  }

  #text(reply: JsonObject, key: string): string {
    const value = reply[key] ?? '';
    if (typeof value !== 'string') throw this.#unavailable(`answers with a "${key}" that is not a string`);
    return value;
  }

  #unavailable(fault: string): RegError {
    return new RegError('CREDENTIALS_UNAVAILABLE', `${this.#options.name} ${fault}`);
  }
}

/** What helpers have as a credential. */
export function parseLogin(username: string, secret: string): Credential {
  return username === TOKEN_USER ? { identityToken: secret } : { username, password: secret };
}

/** A credential as helpers have it. */
export function secretOf(credential: Credential): { readonly username: string; readonly secret: string } {
  if ('identityToken' in credential) return { username: TOKEN_USER, secret: credential.identityToken };
  if ('registryToken' in credential) return { username: TOKEN_USER, secret: credential.registryToken };
  return { username: credential.username, secret: credential.password };
}
