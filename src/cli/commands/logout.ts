/** `reg logout` */

import { RegError } from '../../errors.js';
import { DEFAULT_SERVER } from '../../operations/server-name.js';
import { logout, logoutAll } from '../../operations/logins/logout.js';
import type { Context } from '../context.js';

export async function run(context: Context<{ readonly all?: true }>): Promise<void> {
  const { args, flags, output, progress, loginPlace, signal } = context;
  if (flags.all && args.length > 0) throw new RegError('INVALID_ARGUMENT', '--all goes without a server');
  const place = { ...(await loginPlace()), signal };
  if (flags.all) {
    const servers = await logoutAll(place);
    servers.forEach((server) => output.line(removedLine(server)));
    if (servers.length === 0) output.line('Not logged in anywhere');
    return;
  }
  const { server, removed, remains } = await logout(args[0] ?? DEFAULT_SERVER, place);
  output.line(removed ? removedLine(server) : `Not logged in to ${server}`);
  if (remains === undefined) return;
  progress.notice({ type: 'warning', message: `${remains} in the environment has a login for ${server}` });
}

function removedLine(server: string): string {
  return `Removed the login for ${server}`;
}
