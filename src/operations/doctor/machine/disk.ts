/** Whether there is room for more images, and whether we may put them there. */

import { access, constants, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

import { look as lookAt, onDisk } from '../../../disk/files.js';
import { RegError } from '../../../errors.js';
import { quoteText } from '../../../spec/text.js';
import { bad, good, type Check } from '../check.js';
import type { MachineSubject } from '../machine-subject.js';

/** Less than a usual image, in bytes. */
const LITTLE = 1e9;

export const disk: Check<MachineSubject> = {
  check: 'disk',
  title: 'Disk',
  needs: ['store'],
  async look({ store, formatBytes }) {
    const folder = await nearest((await store()).folder);
    await onDisk({ verb: 'write to', path: folder }, () => access(folder, constants.W_OK));
    const { bavail, blocks, bsize } = await onDisk({ verb: 'look at', path: folder }, () => statfs(folder));
    const facts = { free: bavail * bsize, size: blocks * bsize };
    const text = `${formatBytes(facts.free)} of ${formatBytes(facts.size)} are free`;
    if (facts.free >= LITTLE) return good(text, facts);
    const hint = 'Run "reg prune", or choose another disk with --store.';
    return bad(new RegError('DISK_FULL', `only ${text} at ${quoteText(folder)}`, { hint }), facts);
  },
};

/** The folder itself, or where it would be made. */
async function nearest(folder: string): Promise<string> {
  const parent = dirname(folder);
  return parent === folder || (await lookAt(folder)) !== undefined ? folder : nearest(parent);
}
