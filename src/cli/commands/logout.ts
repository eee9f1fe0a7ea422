/** `reg logout` */

import { DEFAULT_SERVER, logout } from '../../operations/login.js';
import type { Context } from '../context.js';

export async function run({ args, output, loginPlace, signal }: Context): Promise<void> {
  const place = await loginPlace();
  const { server, removed } = await logout(args[0] ?? DEFAULT_SERVER, { ...place, signal });
  output.line(removed ? `Removed the login for ${server}` : `Not logged in to ${server}`);
}
