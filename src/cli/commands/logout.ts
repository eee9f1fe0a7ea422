/** `reg logout` */

import { DEFAULT_SERVER, logout } from '../../operations/login.js';
import type { Context } from '../context.js';
import { requireDockerConfig } from '../environment.js';

export async function run({ args, io, output }: Context): Promise<void> {
  const { server, removed } = await logout(args[0] ?? DEFAULT_SERVER, {
    dockerConfig: requireDockerConfig(io),
  });
  output.line(removed ? `Removed the login for ${server}` : `Not logged in to ${server}`);
}
