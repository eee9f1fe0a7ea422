/** `reg whoami` */

import { requireLogin } from '../known-login.js';
import { DEFAULT_SERVER } from '../../operations/login.js';
import type { Context } from '../context.js';

export async function run(context: Context): Promise<void> {
  const { args, flags, output } = context;
  const { server, username, source } = await requireLogin(args[0] ?? DEFAULT_SERVER, context);
  if (flags.json) output.json({ server, username: username ?? null, source });
  else if (flags.quiet) output.line(username ?? '');
  else output.line(`${username ?? 'somebody, by a token,'} at ${server}, from ${source}`);
}
