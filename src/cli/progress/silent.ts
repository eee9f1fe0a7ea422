/** No progress, only notices: for `--progress none`, and before it is known what is wanted. */

import { cleanLine } from '../output/output.js';
import type { Progress, Screen } from './types.js';

export function createSilentProgress(screen: Screen): Progress {
  return {
    begin() {},
    onEvent() {},
    notice: (notice) => void screen.write(`${cleanLine(noticeLine(notice))}\n`),
    pause() {},
    end() {},
  };
}

/** `reg: warning: …`; what only says that something takes its time or another way has no word before it. */
export function noticeLine({ type, message }: { readonly type: string; readonly message: string }): string {
  if (type === 'debug') return `debug: ${message}`;
  return type === 'wait' || type === 'mirror' ? `reg: ${message}` : `reg: warning: ${message}`;
}
