/** Joins the registry client with the credentials that are kept on this machine. */

import { readCredential } from '../credentials/docker-config.js';
import { createClient, type ClientOptions, type RegistryClient } from '../registry/client.js';

export interface ConnectOptions extends ClientOptions {
  /** Path of docker's config.json; without it, and without `credentials`, everything is anonymous. */
  readonly dockerConfig?: string | undefined;
}

/** A client that finds its credentials by itself. To be closed by the caller. No I/O before the first request. */
export function connect({ dockerConfig, ...options }: ConnectOptions): RegistryClient {
  if (options.credentials !== undefined || dockerConfig === undefined) return createClient(options);
  return createClient({ ...options, credentials: (host) => readCredential(dockerConfig, host) });
}
