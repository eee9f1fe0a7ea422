/** Logins in the keychain of the operating system: one entry a host, and an index that says which hosts have one. */

import { access } from 'node:fs/promises';
import { join } from 'node:path';

import { nodePath } from '../disk/this-process.js';
import { explain, hasCode, RegError } from '../errors.js';
import type { ChangeOptions } from './config-file.js';
import type { Credential } from './credential.js';
import { HelperProgram, type HelperOptions } from './helper-program.js';
import { whyOf } from './helper-reason.js';
import { changeKeychainIndex, readKeychainIndex } from './keychain-index.js';
import type { Command, Ended } from './run-program.js';

export interface KeychainOptions extends HelperOptions {
  /** Path of the index. */
  readonly index: string;
  /** The program that speaks with the keychain; default: ours, run by the Node that runs this. */
  readonly command?: Command | undefined;
}

/** What messages call it, and the source of a login from it. */
export const KEYCHAIN = 'the OS keychain';

const ELSEWHERE = 'Keep the login elsewhere: "reg login --store helper:NAME", or "--store file".';
const UNLOCK = `Unlock it. ${ELSEWHERE}`;

/** The name under which our own credential helper, which keeps logins there, stands in config.json. */
export const OWN_HELPER = 'reg';

/** As in keychain.ts. */
const NO_KEYCHAIN = 3;

/** How long it may take, in milliseconds: a person may be asked to unlock it, and may be nobody. */
const TIME_LIMIT_MS = 10_000;

/**
 * Every method but `list` throws CREDENTIALS_UNAVAILABLE when the keychain is locked, broken or takes more than 10 s; all
 * of them what reading the index throws. The keychain is not touched for a host that the index does not name.
 */
export class OsKeychain {
  readonly #index: string;
  readonly #program: HelperProgram;

  /** No I/O. */
  constructor({ index, command, ...options }: KeychainOptions) {
    this.#index = index;
    this.#program = new HelperProgram({
      timeLimitMs: TIME_LIMIT_MS,
      ...options,
      // The reasons of libsecret are told apart by their English. In an Electron program ours would start that, not Node.
      env: { ...options.env, LC_ALL: 'C', ELECTRON_RUN_AS_NODE: '1' },
      name: KEYCHAIN,
      find: async () => command ?? (await findOwn()),
      explain: toError,
    });
  }

  /** Usernames by host; empty where only the registry knows it. */
  list(): Promise<ReadonlyMap<string, string>> {
    return readKeychainIndex(this.#index);
  }

  async get(host: string): Promise<Credential | undefined> {
    const username = (await this.list()).get(host);
    if (username === undefined) return undefined;
    const credential = await attempt(`no login for ${host}`, () => this.#program.get(host));
    if (credential === undefined) return undefined;
    return 'identityToken' in credential && username !== '' ? { username, ...credential } : credential;
  }

  /** Throws UNSUPPORTED, too, where there is no keychain; then nothing is kept. */
  async store(host: string, credential: Credential, change: ChangeOptions): Promise<void> {
    const username = ('username' in credential ? credential.username : undefined) ?? '';
    try {
      await this.#program.store(host, credential);
    } catch (error) {
      const hint = hasCode(error, 'UNSUPPORTED') ? ELSEWHERE : UNLOCK;
      throw explain(error, `cannot keep the login for ${host}`, { hint });
    }
    try {
      await changeKeychainIndex(this.#index, { host, username }, change);
    } catch (error) {
      // An entry that nobody knows of would never be removed.
      await this.#program.erase(host);
      throw error;
    }
  }

  /** Answers whether there was something. */
  async erase(host: string, change: ChangeOptions): Promise<boolean> {
    if (!(await this.list()).has(host)) return false;
    await attempt(`cannot remove the login for ${host}`, () => this.#program.erase(host));
    await changeKeychainIndex(this.#index, { host, username: undefined }, change);
    return true;
  }
}

async function attempt<T>(fault: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    // There was one when the login was put there.
    const told = hasCode(error, 'UNSUPPORTED')
      ? new RegError('CREDENTIALS_UNAVAILABLE', error.message)
      : error;
    throw explain(told, fault, { hint: UNLOCK });
  }
}

/** Throws UNSUPPORTED where it was left out, as by a bundler. */
async function findOwn(): Promise<Command> {
  // By way of the parent: the command line is bundled into a folder beside this one.
  const path = join(import.meta.dirname, '..', 'credentials', 'keychain.js');
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) return { path: nodePath, args: [path] };
  throw new RegError('UNSUPPORTED', 'there is no keychain here (its program is not installed)');
}

function toError(ended: Ended, secret: string | undefined): RegError {
  const why = whyOf(ended, secret);
  if (ended.code === NO_KEYCHAIN) {
    return new RegError('UNSUPPORTED', `there is no keychain here${why === '' ? '' : ` (${why})`}`);
  }
  return new RegError('CREDENTIALS_UNAVAILABLE', `${KEYCHAIN} cannot be used${why === '' ? '' : `: ${why}`}`);
}
