/** Joins the registry client with what is kept on this machine: credentials, and who may be given them. */

import { systemClock } from '../content/system-clock.js';
import { isReadableByOthers } from '../credentials/config-file.js';
import type { Credential } from '../credentials/credential.js';
import { readCredential } from '../credentials/docker-config.js';
import { readTokenServices } from '../credentials/token-services.js';
import { quoteText } from '../spec/text.js';
import { createClient, type ClientOptions, type RegistryClient } from '../registry/client.js';

export interface ConnectOptions extends Partial<Omit<ClientOptions, 'authHosts'>> {
  /** Path of docker's config.json; without it, and without `credentials`, everything is anonymous. */
  readonly dockerConfig?: string | undefined;
  /** Path of the file in which `login` remembers token services. */
  readonly tokenServices?: string | undefined;
  /** Hosts, with or without port, that may be given the password of any registry that names them. */
  readonly authHosts?: readonly string[] | undefined;
}

/** A client that finds its credentials by itself. To be closed by the caller. No I/O before the first request. */
export function connect({
  dockerConfig,
  tokenServices,
  authHosts = [],
  ...options
}: ConnectOptions = {}): RegistryClient {
  return createClient({
    clock: systemClock,
    ...options,
    credentials:
      options.credentials ?? ((host) => lookUp(host, { dockerConfig, onNotice: options.onNotice })),
    authHosts: async (registry, realm) =>
      isListed(realm, authHosts) || (await isRemembered(realm, { registry, tokenServices })),
  });
}

async function lookUp(
  host: string,
  { dockerConfig, onNotice }: Pick<ConnectOptions, 'dockerConfig' | 'onNotice'>,
): Promise<Credential | undefined> {
  if (dockerConfig === undefined) return undefined;
  const credential = await readCredential(dockerConfig, host);
  if (credential !== undefined && (await isReadableByOthers(dockerConfig))) {
    const file = quoteText(dockerConfig);
    onNotice?.({ type: 'warning', message: `others on this machine can read ${file}, which holds a login` });
  }
  return credential;
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
