/**
 * Where the credential for a repository is looked for; the first source that has one wins.
 *
 *     given with the command ─▶ DOCKER_AUTH_CONFIG ─▶ docker's config.json ─▶ containers' auth.json ─▶ OS keychain
 *     ─▶ the cloud of the host
 */

import { configSource, keychainSource, variableSource } from './config-source.js';
import type { Credential } from './credential.js';
import type { HelperOptions } from './helper-program.js';
import { OsKeychain } from './os-keychain.js';
import { oncePerHost, type Found, type Source, type SourceNotice } from './source.js';

/** A login that is not kept anywhere. */
export interface GivenLogin {
  /** The only host that it is for, as in a reference. */
  readonly host: string;
  readonly credential: Credential;
  /** Where it comes from, for messages: `--username`. */
  readonly source: string;
}

export interface ChainOptions extends Omit<HelperOptions, 'onNotice'> {
  /** What comes before everything that is kept. */
  readonly given?: readonly GivenLogin[] | undefined;
  /** Path of docker's config.json. */
  readonly dockerConfig?: string | undefined;
  /** Paths of containers' auth.json, in the order in which they count. */
  readonly containersAuth?: readonly string[] | undefined;
  /** Path of the index of the OS keychain; without it that is never looked at. */
  readonly keychainIndex?: string | undefined;
  /** What the cloud of a host gives to those who logged in nowhere; asked each time. */
  readonly cloud?: Source | undefined;
  /** Told, for debugging, which source answered; and what a person should mend. */
  readonly onNotice?: ((notice: SourceNotice) => void) | undefined;
}

/**
 * All sources as one. A source that is broken is an error: the next one could have a credential that is meant for
 * somebody else. Each is asked at most once for a host, but for those that know repositories. Throws INVALID_CONFIG,
 * CREDENTIALS_UNAVAILABLE, DISK_ERROR.
 */
export function createChain(options: ChainOptions): Source {
  const { given = [], dockerConfig, containersAuth = [], keychainIndex, cloud, onNotice } = options;
  const keychain =
    keychainIndex === undefined ? undefined : new OsKeychain({ ...options, index: keychainIndex });
  const kept = { ...options, keychain };
  const sources = [
    givenSource(given),
    oncePerHost(variableSource(options.env)),
    ...(dockerConfig === undefined ? [] : [oncePerHost(configSource(dockerConfig, kept))]),
    ...containersAuth.map((file) => configSource(file, { ...kept, isPerRepository: true })),
    ...(keychain === undefined ? [] : [oncePerHost(keychainSource(keychain))]),
    ...(cloud === undefined ? [] : [cloud]),
  ];
  const said = new Set<string>();
  return async (target) => {
    const found = await firstOf(sources, target);
    const message =
      found === undefined
        ? `there is no login for ${target.host}`
        : `the login for ${target.host} is from ${found.source}`;
    if (!said.has(message)) onNotice?.({ type: 'debug', message });
    said.add(message);
    return found;
  };
}

async function firstOf(
  sources: readonly Source[],
  target: Parameters<Source>[0],
): Promise<Found | undefined> {
  for (const source of sources) {
    const found = await source(target);
    if (found !== undefined) return found;
  }
  return undefined;
}

function givenSource(logins: readonly GivenLogin[]): Source {
  return async ({ host }) => logins.find((login) => login.host === host);
}
