/** The login that commands would use for a registry, for those that only want to know of it. */

import { RegError } from '../../errors.js';
import { DEFAULT_SERVER, parseServer } from '../../operations/server-name.js';
import { findLogin, type KnownLogin } from '../../operations/logins/whoami.js';
import type { Context } from '../context.js';

/** Throws UNAUTHORIZED when there is none, and as `findLogin`. */
export async function requireLogin(text: string, context: Context): Promise<KnownLogin> {
  const server = parseServer(text);
  const found = await findLogin(server, { connection: await context.client([server]) });
  if (found !== undefined) return found;
  const command = server === DEFAULT_SERVER ? 'reg login' : `reg login ${server}`;
  throw new RegError('UNAUTHORIZED', `not logged in to ${server}`, { hint: `Run "${command}".` });
}
