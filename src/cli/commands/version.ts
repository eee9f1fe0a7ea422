/** `reg version` */

import type { Context } from '../context.js';
import { readPackage } from '../package.js';
import { versionLine } from '../version.js';

export async function run({ io, output }: Context): Promise<void> {
  const { node, platform, arch } = io;
  const { version } = readPackage();
  output.result({ reg: version, node, platform, arch }, { human: versionLine(io).trimEnd() });
}
