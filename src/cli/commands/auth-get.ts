/** `reg auth get` */

import { secretOf } from '../../credentials/helper-program.js';
import { requireLogin } from '../known-login.js';
import type { Context } from '../context.js';

export async function run(context: Context): Promise<void> {
  const [server = ''] = context.args;
  const { credential, server: ServerURL } = await requireLogin(server, context);
  const { username: Username, secret: Secret } = secretOf(credential);
  context.output.json({ ServerURL, Username, Secret });
}
