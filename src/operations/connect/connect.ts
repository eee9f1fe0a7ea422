/** Joins the registry client with the logins on this machine, and with the rules for who may get them. */

import { systemClock } from '../../content/system-clock.js';
import { createChain, type GivenLogin } from '../../credentials/chain.js';
import type { Source } from '../../credentials/source.js';
import { readTokenServices } from '../../credentials/token-services.js';
import type { ClientOptions } from '../../registry/client-options.js';
import { createClient, type FullClient, type RegistryClient } from '../../registry/client.js';
import { RegError } from '../../errors.js';
import { Redactor } from '../../spec/redactor.js';
import { openHostMemory } from './host-memory.js';
import { createCloudLogins } from './cloud-logins.js';
import { withDockerHeaders } from './docker-headers.js';

/** Where to look for logins; by default nowhere. */
export interface LoginSources {
  /** Path of docker's config.json. */
  readonly dockerConfig?: string | undefined;
  /** Paths of podman's and skopeo's auth.json, in order of precedence. */
  readonly containersAuth?: readonly string[] | undefined;
  /** Path of the file in which `login` lists the hosts with a login in the OS keychain. */
  readonly keychainIndex?: string | undefined;
  /**
   * Such as `process.env`: for `DOCKER_AUTH_CONFIG`, for the `PATH` and environment of credential helpers, and for the logins
   * of cloud machines and CI jobs.
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface ConnectOptions extends LoginSources, Partial<Omit<ClientOptions, 'authHosts'>> {
  /** Logins for this client alone; they take precedence over saved ones. */
  readonly given?: readonly GivenLogin[] | undefined;
  /** Path of a file, without secrets, that remembers token services and plain-http ports between runs; default: none. */
  readonly hostMemory?: string | undefined;
  /** Path of the file in which `login` remembers the token services that were accepted. */
  readonly tokenServices?: string | undefined;
  /** Hosts, with or without port, that may get the password of any registry that names them as its token service. */
  readonly authHosts?: readonly string[] | undefined;
}

/** A client as `reg` itself uses it. */
export interface Connection extends FullClient {
  /** The login for a registry, and where it comes from. Throws as the sources do. */
  readonly loginFor: Source;
}

/** A client that finds credentials by itself. No I/O before the first request. The caller closes it. */
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
