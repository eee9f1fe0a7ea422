/** `reg login` and `reg logout`. */

import type { CallOptions } from '../content/types.js';
import type { ChangeOptions } from '../credentials/config-file.js';
import type { Credential } from '../credentials/credential.js';
import { forgetCredential, helperOf, keepCredential, type KeepOptions } from '../credentials/keep.js';
import { rememberTokenServices } from '../credentials/token-services.js';
import { explain, hasCode, RegError } from '../errors.js';
import { createClient, type ClientOptions } from '../registry/client.js';
import { parseReference } from '../spec/reference.js';
import { quoteText } from '../spec/text.js';

/** The registry that is meant when none is named, as docker has it. */
export const DEFAULT_SERVER = 'docker.io';
const HUB_HOSTS: ReadonlySet<string> = new Set([DEFAULT_SERVER, 'index.docker.io', 'registry-1.docker.io']);

/** Where logins are kept, and how to change that beside other programs. */
export interface LoginPlace {
  /** Path of docker's config.json. */
  readonly dockerConfig: string;
  /** Such as `process.env`: where the credential helpers that config.json names are found, and run. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Path of the file that remembers token services. */
  readonly tokenServices: string;
  readonly change: ChangeOptions;
}

export interface LoginOptions extends CallOptions {
  readonly credential: Credential;
  readonly place: LoginPlace;
  /** How to reach the registry; its `credentials` and `authHosts` are ours. */
  readonly clientOptions: ClientOptions;
}

export interface LoginResult {
  readonly server: string;
  /** Hosts outside the registry's own domain that were given the credential, and from now on may be. */
  readonly tokenServices: readonly string[];
  /** The program that keeps the credential, such as `docker-credential-pass`; undefined where config.json does. */
  readonly helper: string | undefined;
}

/**
 * Checks a credential against the registry and keeps it only when the registry takes it. Whoever logs in agrees to the
 * token service that the registry names, and that is remembered. Costs two or three requests. Throws
 * INVALID_ARGUMENT, UNAUTHORIZED, INVALID_CONFIG, CREDENTIALS_UNAVAILABLE and what the registry throws.
 */
export async function login(server: string, options: LoginOptions): Promise<LoginResult> {
  const registry = parseServer(server);
  const { credential, place, signal } = options;
  const keeping = keepingOf(registry, { ...place, signal });
  try {
    const helper = await helperOf(keeping);
    await helper?.check(registry);
    const hosts = await check(registry, options);
    const { change } = keeping;
    if (hosts.length > 0) await rememberTokenServices(place.tokenServices, { registry, hosts }, change);
    await keepCredential(credential, { ...keeping, helper });
    return { server: registry, tokenServices: hosts, helper: helper?.program };
  } catch (error) {
    throw explain(withLoginHint(error), `cannot log in to ${registry}`);
  }
}

/**
 * Forgets the credential of a registry; answers whether there was one. Throws INVALID_ARGUMENT, INVALID_CONFIG,
 * CREDENTIALS_UNAVAILABLE.
 */
export async function logout(
  server: string,
  place: Omit<LoginPlace, 'tokenServices'> & CallOptions,
): Promise<{ readonly server: string; readonly removed: boolean }> {
  const host = parseServer(server);
  return { server: host, removed: await forgetCredential(keepingOf(host, place)) };
}

function keepingOf(
  host: string,
  { dockerConfig, change, env = {}, signal }: Omit<LoginPlace, 'tokenServices'> & CallOptions,
): KeepOptions {
  return { file: dockerConfig, host, env, signal, change: { ...change, signal } };
}

/** The token services outside the registry's domain that the credential went to. */
async function check(
  registry: string,
  { credential, clientOptions, signal }: LoginOptions,
): Promise<readonly string[]> {
  const hosts = new Set<string>();
  const client = createClient({
    ...clientOptions,
    credentials: async () => credential,
    authHosts: (_, realm) => {
      hosts.add(realm);
      return true;
    },
  });
  try {
    await client.ping(registry, { signal });
    return [...hosts];
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

/**
 * The host that people mean by `ghcr.io`, `https://ghcr.io/` or the Hub's `https://index.docker.io/v1/`. Throws
 * INVALID_ARGUMENT.
 */
export function parseServer(text: string): string {
  const host = text.replace(/^https?:\/\//i, '').replace(/\/(v[12]\/?)?$/, '');
  if (HUB_HOSTS.has(host)) return DEFAULT_SERVER;
  if (isHost(host)) return host;
  throw new RegError('INVALID_ARGUMENT', `${quoteText(text)} is not the name of a registry`, {
    hint: 'Give a host such as "ghcr.io" or "localhost:5000"; without one, Docker Hub is meant.',
  });
}

/** A name without dot, port or "localhost" would be read as a part of the path. */
function isHost(text: string): boolean {
  try {
    return parseReference(`${text}/probe/probe`).domain === text;
  } catch (error) {
    if (hasCode(error, 'INVALID_REFERENCE')) return false;
    throw error;
  }
}
