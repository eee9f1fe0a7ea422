/** This process and its neighbours: the default of everyone who has to say who holds a file. */

import { execPath, kill, pid } from 'node:process';

import type { ProcessFacts } from './owner.js';

/** Path of the Node that runs this. */
export const nodePath = execPath;

export const thisProcess: ProcessFacts = {
  pid,
  isRunning(other) {
    try {
      return kill(other, 0);
    } catch (error) {
      // EPERM: it runs, as somebody else.
      return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
    }
  },
};
