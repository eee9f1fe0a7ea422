/** This process and its neighbours: the default of everyone who has to say who holds a file. */

import { execPath, getgid, getuid, kill, pid, platform } from 'node:process';

import type { ProcessFacts } from './owner.js';

/** Path of the Node that runs this. */
export const nodePath = execPath;

/** Who runs it; undefined on Windows, where users have no numbers. */
export const thisUser =
  getuid === undefined || getgid === undefined ? undefined : { uid: getuid(), gid: getgid() };

export const isWindows = platform === 'win32';

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
