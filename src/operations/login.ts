/** `reg login` and `reg logout`. */

import type { CallOptions } from '../content/types.js';
import { eraseCredential, writeCredential, type Credential } from '../credentials/docker-config.js';
import { explain, RegError } from '../errors.js';
import { createClient, type ClientOptions } from '../registry/client.js';
import { parseReference } from '../spec/reference.js';
import { quoteText } from '../spec/text.js';

/** The registry that is meant when none is named, as docker has it. */
export const DEFAULT_SERVER = 'docker.io';

export interface LoginOptions extends CallOptions {
  readonly credential: Credential;
  /** Path of docker's config.json, where the credential is kept. */
  readonly dockerConfig: string;
  /** How to reach the registry; its `credentials` are ours. */
  readonly clientOptions: ClientOptions;
}

/**
 * Checks a credential against the registry and keeps it only when the registry takes it. Costs two or three
 * requests. Throws INVALID_ARGUMENT, UNAUTHORIZED, INVALID_CONFIG and what the registry throws.
 */
export async function login(server: string, options: LoginOptions): Promise<{ readonly server: string }> {
  const host = parseServer(server);
  const { credential, dockerConfig, clientOptions, signal } = options;
  const client = createClient({ ...clientOptions, credentials: async () => credential });
  try {
    await client.ping(host, { signal });
    await writeCredential(dockerConfig, host, credential);
  } catch (error) {
    throw explain(error, `cannot log in to ${host}`, { hint: 'Check the username and the password.' });
  } finally {
    await client.close();
  }
  return { server: host };
}

/** Forgets the credential of a registry; answers whether there was one. Throws INVALID_ARGUMENT, INVALID_CONFIG. */
export async function logout(
  server: string,
  { dockerConfig }: { readonly dockerConfig: string },
): Promise<{ readonly server: string; readonly removed: boolean }> {
  const host = parseServer(server);
  return { server: host, removed: await eraseCredential(dockerConfig, host) };
}

/**
 * The host that people mean by `ghcr.io`, `https://ghcr.io/` or the Hub's `https://index.docker.io/v1/`. Throws
 * INVALID_ARGUMENT.
 */
export function parseServer(text: string): string {
  const host = text.replace(/^https?:\/\//i, '').replace(/\/(v[12]\/?)?$/, '');
  try {
    const { domain } = parseReference(`${host}/probe/probe`);
    // A name without dot, port or "localhost" would be read as a part of the path.
    if (domain === host || (domain === DEFAULT_SERVER && /^(index\.|registry-1\.)?docker\.io$/.test(host)))
      return domain;
  } catch {
    // The message below says it in terms of what was asked for.
  }
  if (host === 'registry-1.docker.io') return DEFAULT_SERVER;
  throw new RegError('INVALID_ARGUMENT', `${quoteText(text)} is not the name of a registry`, {
    hint: 'Give a host such as "ghcr.io" or "localhost:5000"; without one, Docker Hub is meant.',
  });
}
