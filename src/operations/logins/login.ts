/** `reg login`. */

import type { CallOptions } from '../../content/types.js';
import { variableSource, configSource } from '../../credentials/config-source.js';
import type { ChangeOptions } from '../../credentials/config-file.js';
import type { Credential } from '../../credentials/credential.js';
import { chooseKeeper, keepCredential, type KeepOptions, type StoreChoice } from '../../credentials/keep.js';
import { KEYCHAIN, OsKeychain } from '../../credentials/os-keychain.js';
import { rememberTokenServices } from '../../credentials/token-services.js';
import { explain, hasCode, RegError } from '../../errors.js';
import type { ClientOptions } from '../../registry/client-options.js';
import { createClient } from '../../registry/client.js';
import type { LoginSources } from '../connect/connect.js';
import { parseServer } from '../server-name.js';

/** Where logins are kept, and how to change that beside other programs. */
export interface LoginPlace extends LoginSources {
  readonly dockerConfig: string;
  readonly keychainIndex: string;
  /** Path of the file that remembers token services. */
  readonly tokenServices: string;
  readonly change: ChangeOptions;
}

export interface LoginOptions extends CallOptions {
  readonly credential: Credential;
  readonly place: LoginPlace;
  /** Where to keep it; default: with the helper that config.json names, else in the OS keychain, else in config.json. */
  readonly store?: StoreChoice | undefined;
  /** How to reach the registry; its `credentials`, `authHosts` and `onRefreshToken` are ours. */
  readonly clientOptions: ClientOptions;
}

export interface LoginResult {
  readonly server: string;
  /** Hosts outside the registry's own domain that were given the credential, and from now on may be. */
  readonly tokenServices: readonly string[];
  /** What keeps it: `docker-credential-pass`, `the OS keychain`, or the path of config.json. */
  readonly keptBy: string;
  /** Whether a refresh token of the registry is kept in place of the password. */
  readonly isToken: boolean;
  /** A source of logins that comes before the one that keeps it, and has one for the same host. */
  readonly shadowedBy: string | undefined;
}

/**
 * Checks a credential against the registry and keeps it only when the registry takes it; a refresh token, where the
 * registry offers one, in place of a password. Whoever logs in agrees to the token service that the registry names, and
 * that is remembered. Costs two or three requests, six with a refresh token. Throws INVALID_ARGUMENT, UNAUTHORIZED,
 * INVALID_CONFIG, CREDENTIALS_UNAVAILABLE and what the registry throws.
 */
export async function login(server: string, options: LoginOptions): Promise<LoginResult> {
  const registry = parseServer(server);
  const { place, store, signal } = options;
  const keeping = keepingOf(registry, { ...place, signal });
  try {
    const keeper = await chooseKeeper(store, keeping);
    const shadows = await findShadows(registry, place);
    const { hosts, credential } = await check(registry, options);
    const { change } = keeping;
    if (hosts.length > 0) await rememberTokenServices(place.tokenServices, { registry, hosts }, change);
    const keptBy = await keepCredential(credential, { ...keeping, keeper });
    return {
      server: registry,
      tokenServices: hosts,
      keptBy,
      isToken: 'identityToken' in credential,
      shadowedBy: shadows.always ?? (keptBy === KEYCHAIN ? shadows.keychain : undefined),
    };
  } catch (error) {
    throw explain(withLoginHint(error), `cannot log in to ${registry}`);
  }
}

function keepingOf(host: string, place: LoginPlace & CallOptions): KeepOptions {
  const { dockerConfig, keychainIndex, change, env = {}, signal } = place;
  const { onNotice } = change;
  const options = { env, signal, onNotice };
  return {
    ...options,
    file: dockerConfig,
    host,
    keychain: new OsKeychain({ ...options, index: keychainIndex }),
    change: { ...change, signal },
  };
}

/** What has a login for the host that comes before every login that is kept, and what before those in the keychain. */
async function findShadows(
  host: string,
  { env = {}, containersAuth = [] }: LoginPlace,
): Promise<{ readonly always: string | undefined; readonly keychain: string | undefined }> {
  const always = await variableSource(env)({ host });
  for (const file of containersAuth) {
    const found = await configSource(file, { env, isPerRepository: true })({ host });
    if (found !== undefined) return { always: always?.source, keychain: found.source };
  }
  return { always: always?.source, keychain: undefined };
}

interface Checked {
  /** The token services outside the registry's domain that the credential went to. */
  readonly hosts: readonly string[];
  /** What is to be kept. */
  readonly credential: Credential;
}

async function check(registry: string, options: LoginOptions): Promise<Checked> {
  const { credential } = options;
  const hosts = new Set<string>();
  const refreshToken = await tryOut(registry, { ...options, hosts });
  if (refreshToken === undefined || 'identityToken' in credential) return { hosts: [...hosts], credential };
  const username = 'username' in credential ? credential.username : '';
  const token = { username, identityToken: refreshToken };
  try {
    // Some services give out tokens that they don't take.
    await tryOut(registry, { ...options, credential: token, hosts });
  } catch (error) {
    if (!(error instanceof RegError) || error.code === 'ABORTED') throw error;
    return { hosts: [...hosts], credential };
  }
  return { hosts: [...hosts], credential: token };
}

/** Throws when the registry does not take the credential; answers with the refresh token that it offers for it. */
async function tryOut(
  registry: string,
  { credential, clientOptions, hosts, signal }: LoginOptions & { readonly hosts: Set<string> },
): Promise<string | undefined> {
  let refreshToken: string | undefined;
  const client = createClient({
    ...clientOptions,
    credentials: async () => credential,
    authHosts: (_, realm) => {
      hosts.add(realm);
      return true;
    },
    onRefreshToken: (token) => (refreshToken = token),
  });
  try {
    await client.ping(registry, { signal });
    return refreshToken;
  } finally {
    await client.close();
  }
}

/** "Run reg login" is no help to who just does. */
function withLoginHint(error: unknown): unknown {
  if (!hasCode(error, 'UNAUTHORIZED')) return error;
  const hint = 'Check the username and the password.';
  return new RegError(error.code, error.message, { ...error.context, hint, cause: error });
}
