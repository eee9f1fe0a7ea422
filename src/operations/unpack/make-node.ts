/** Makes devices and named pipes, which Node can't: by the programs that every system has for it. */

import { findProgram, runProgram } from '../../credentials/run-program.js';
import type { DiskTreeOptions, NodeToMake } from '../../rootfs/disk-tree.js';

/** Where these programs are; where else there are some is nobody's business. */
const ENVIRONMENT = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' };

const TIME_LIMIT_MS = 10_000;

/** Answers false where there is no such program, or the system does not allow it. */
export const makeNode: DiskTreeOptions['makeNode'] = async ({ path, type, device }: NodeToMake) => {
  const name = type === 'fifo' ? 'mkfifo' : 'mknod';
  const [major, minor] = device;
  const numbers = type === 'fifo' ? [] : [type === 'block' ? 'b' : 'c', `${major}`, `${minor}`];
  const program = await findProgram(name, ENVIRONMENT);
  if (program === undefined) return false;
  const options = { args: [path, ...numbers], input: '', env: ENVIRONMENT, timeLimitMs: TIME_LIMIT_MS };
  const { code } = await runProgram({ name, path: program }, options);
  return code === 0;
};
