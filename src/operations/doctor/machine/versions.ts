/** What runs here. */

import { good, type Check } from '../check.js';
import type { MachineSubject } from '../machine-subject.js';

/** The majors of Node that get no fixes any more, with the month of their end (nodejs/Release, schedule.json). */
const ENDED: ReadonlyMap<string, string> = new Map([
  ['20', 'April 2026'],
  ['21', 'June 2024'],
  ['23', 'June 2025'],
]);

export const versions: Check<MachineSubject> = {
  check: 'versions',
  title: 'Versions',
  look: async ({ versions: { reg, node } }) => good(`reg ${reg}, Node ${node}`, { reg, node }, hintFor(node)),
};

/** Said here alone: as a warning of every command it would be noise in the logs of those who can't change it. */
function hintFor(node: string): string | undefined {
  const ended = ENDED.get(node.split('.', 1)[0] ?? '');
  return ended && `Node ${node} gets no security fixes since ${ended}: install a newer one.`;
}
