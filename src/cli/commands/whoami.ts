/** `reg whoami` */

import { requireLogin } from '../open/known-login.js';
import { DEFAULT_SERVER } from '../../operations/server-name.js';
import type { Context } from '../context.js';

export async function run(context: Context): Promise<void> {
  const { args, output } = context;
  const { server, username, source } = await requireLogin(args[0] ?? DEFAULT_SERVER, context);
  const human = `${username ?? 'somebody, by a token,'} at ${server}, from ${source}`;
  output.result({ server, username: username ?? null, source }, { human, quiet: username ?? '' });
}
