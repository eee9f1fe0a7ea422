/** `reg version` */

import type { Context } from '../context.js';
import { readPackage } from '../package.js';

export async function run({ io, output }: Context): Promise<void> {
  const { version } = readPackage();
  const { node, platform, arch } = io;
  const human = `reg ${version} (node ${node}, ${platform} ${arch})`;
  output.result({ reg: version, node, platform, arch }, { human });
}
