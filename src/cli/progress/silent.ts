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

/** Of what is no fault: something takes its time or another way, or there is nothing to tell. */
const WORDLESS: ReadonlySet<string> = new Set(['wait', 'mirror', 'info']);

/** `reg: warning: …` */
export function noticeLine({ type, message }: { readonly type: string; readonly message: string }): string {
  if (type === 'debug') return `debug: ${message}`;
  return WORDLESS.has(type) ? `reg: ${message}` : `reg: warning: ${message}`;
}
