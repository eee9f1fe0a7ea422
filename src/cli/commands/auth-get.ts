/** `reg auth get` */

import { secretOf } from '../../credentials/helper-program.js';
import { requireLogin } from '../open/known-login.js';
import type { Context } from '../context.js';
import { createOutput } from '../output/output.js';

export async function run(context: Context): Promise<void> {
  const [server = ''] = context.args;
  const { credential, server: ServerURL } = await requireLogin(server, context);
  const { username: Username, secret: Secret } = secretOf(credential);
  createOutput(context.io.stdout, { json: true }).result({ ServerURL, Username, Secret }, {});
}
