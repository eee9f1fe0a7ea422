/** `reg version` */

import type { Context } from '../context.js';
import { readPackage } from '../package.js';

/** The last majors of Node that get no fixes any more, with the month of their end (nodejs/Release). */
const ENDED: ReadonlyMap<string, string> = new Map([
  ['20', 'April 2026'],
  ['21', 'June 2024'],
  ['23', 'June 2025'],
]);

export async function run({ io, output, progress }: Context): Promise<void> {
  const { version } = readPackage();
  const { node, platform, arch } = io;
  const human = `reg ${version} (node ${node}, ${platform} ${arch})`;
  output.result({ reg: version, node, platform, arch }, { human });

  const ended = ENDED.get(node.split('.', 1)[0] ?? '');
  if (ended === undefined) return;
  progress.notice({
    type: 'warning',
    message: `Node ${node} gets no security fixes since ${ended}: install a newer one`,
  });
}
