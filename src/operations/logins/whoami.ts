/** `reg whoami` and `reg auth get`: which login there is for a registry. */

import type { CallOptions } from '../../content/types.js';
import type { Credential } from '../../credentials/credential.js';
import { hasCode } from '../../errors.js';
import type { Connection } from '../connect/connect.js';
import { parseServer } from '../server-name.js';

export interface KnownLogin {
  readonly server: string;
  /** Undefined for a token whose user only the registry knows. */
  readonly username: string | undefined;
  /** Where it was found, for messages: `docker-credential-pass`, `/home/alice/.docker/config.json`. */
  readonly source: string;
  readonly credential: Credential;
}

/**
 * The login that a connection uses for a registry, which is not asked; undefined when there is none. Throws
 * INVALID_ARGUMENT, INVALID_CONFIG, CREDENTIALS_UNAVAILABLE, DISK_ERROR.
 */
export async function findLogin(
  server: string,
  { connection }: { readonly connection: Connection },
): Promise<KnownLogin | undefined> {
  const host = parseServer(server);
  const found = await connection.loginFor({ host });
  if (found === undefined) return undefined;
  const { credential, source } = found;
  const username = 'username' in credential ? credential.username : undefined;
  return { server: host, username: username === '' ? undefined : username, source, credential };
}

/** Whether a registry takes the login that there is for it. Throws what the registry throws but UNAUTHORIZED. */
export async function isAccepted(
  server: string,
  { connection, signal }: CallOptions & { readonly connection: Connection },
): Promise<boolean> {
  try {
    await connection.ping(server, { signal });
    return true;
  } catch (error) {
    if (hasCode(error, 'UNAUTHORIZED')) return false;
    throw error;
  }
}
