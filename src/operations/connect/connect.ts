/** Joins the registry client with what is kept on this machine: credentials, and who may be given them. */

import { systemClock } from '../../content/system-clock.js';
import { createChain, type GivenLogin } from '../../credentials/chain.js';
import type { Source } from '../../credentials/source.js';
import { readTokenServices } from '../../credentials/token-services.js';
import {
  createClient,
  type ClientOptions,
  type FullClient,
  type RegistryClient,
} from '../../registry/client.js';
import { RegError } from '../../errors.js';
import { Redactor } from '../../spec/redactor.js';
import { openHostMemory } from './host-memory.js';
import { createCloudLogins } from '../logins/cloud-logins.js';
import { withDockerHeaders } from './docker-headers.js';

/** Where logins are looked for; without any of it there are none. */
export interface LoginSources {
  /** Path of docker's config.json. */
  readonly dockerConfig?: string | undefined;
  /** Paths of containers' auth.json, as podman and skopeo write it, in the order in which they count. */
  readonly containersAuth?: readonly string[] | undefined;
  /** Path of the file in which `login` notes what it keeps in the OS keychain. */
  readonly keychainIndex?: string | undefined;
  /**
   * Such as `process.env`: for `DOCKER_AUTH_CONFIG`, for credential helpers, which are found and run in it, and for the
   * logins that clouds give to their machines and CI jobs.
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface ConnectOptions extends LoginSources, Partial<Omit<ClientOptions, 'authHosts'>> {
  /** Logins for this client alone; they come before those that are kept. */
  readonly given?: readonly GivenLogin[] | undefined;
  /** Path of a file, without secrets, in which what registries say of themselves is remembered; default: none. */
  readonly hostMemory?: string | undefined;
  /** Path of the file in which `login` remembers token services. */
  readonly tokenServices?: string | undefined;
  /** Hosts, with or without port, that may be given the password of any registry that names them. */
  readonly authHosts?: readonly string[] | undefined;
}

/** A client, with what `reg` itself wants of it. */
export interface Connection extends FullClient {
  /** Which login there is, and where it comes from. Throws as the sources do. */
  readonly loginFor: Source;
}

/** A client that finds its credentials by itself. To be closed by the caller. No I/O before the first request. */
export function connect(options: ConnectOptions = {}): RegistryClient {
  return openConnection(options);
}

/** As `connect`. */
export function openConnection({
  given,
  dockerConfig,
  containersAuth,
  keychainIndex,
  env = {},
  hostMemory,
  tokenServices,
  authHosts = [],
  ...options
}: ConnectOptions): Connection {
  const closing = new AbortController();
  const { onNotice, clock = systemClock, redactor = new Redactor() } = options;
  const { signal } = closing;
  const onSecret = (secret: string): void => redactor.add(secret);
  const cloud = createCloudLogins({ env, clock, onSecret, signal, client: () => client });
  const sources = { dockerConfig, containersAuth, keychainIndex, env, cloud };
  const chain = createChain({ given, ...sources, onNotice, signal });
  const memory = hostMemory === undefined ? undefined : openHostMemory(hostMemory);
  const client = createClient({
    ...options,
    memory,
    ...(dockerConfig !== undefined && { settingsFor: withDockerHeaders(options.settingsFor, dockerConfig) }),
    clock,
    redactor,
    credentials:
      options.credentials ??
      (async (host, repository) => {
        const found = await chain({ host, repository });
        return found && { ...found.credential, lifeMs: found.lifeMs };
      }),
    authHosts: async (registry, realm) =>
      isListed(realm, authHosts) || (await isRemembered(realm, { registry, tokenServices })),
  });
  return {
    ...client,
    loginFor: chain,
    async close() {
      // A helper may be waiting for somebody who has left. Without a reason, Node takes a millisecond to make one.
      closing.abort(new RegError('ABORTED', 'the client was closed'));
      await Promise.all([client.close(), memory?.save()]);
    },
  };
}

async function isRemembered(
  realm: string,
  { registry, tokenServices }: { readonly registry: string; readonly tokenServices: string | undefined },
): Promise<boolean> {
  if (tokenServices === undefined) return false;
  return (await readTokenServices(tokenServices)).get(registry)?.includes(realm) === true;
}

/** A host that is listed without a port is meant with every port. */
function isListed(realm: string, hosts: readonly string[]): boolean {
  return hosts.includes(realm) || hosts.includes(realm.replace(/:\d+$/, ''));
}
