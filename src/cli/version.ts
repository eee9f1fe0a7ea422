/** The version, with what it runs on. */

import type { Io } from './io.js';
import { readPackage } from './package.js';

/** As people read it, with its line break. */
export function versionLine({ node, platform, arch }: Io): string {
  return `reg ${readPackage().version} (node ${node}, ${platform} ${arch})\n`;
}
