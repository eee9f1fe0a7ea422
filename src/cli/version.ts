/** The version, with what it runs on. Loaded with `main.ts`, since scripts ask for it often. */

import type { Context } from './context.js';
import { readPackage } from './package.js';

export async function showVersion({ io, output }: Context): Promise<void> {
  const { version } = readPackage();
  const { node, platform, arch } = io;
  const human = `reg ${version} (node ${node}, ${platform} ${arch})`;
  output.result({ reg: version, node, platform, arch }, { human });
}
