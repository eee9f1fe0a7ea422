/** What runs here. */

import { good, type Check } from './check.js';
import type { MachineSubject } from './machine.js';

export const versions: Check<MachineSubject> = {
  check: 'versions',
  title: 'Versions',
  look: async ({ versions: { reg, node } }) => good(`reg ${reg}, Node ${node}`, { reg, node }),
};
