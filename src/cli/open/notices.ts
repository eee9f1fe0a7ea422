/** Notices of client and store, told as far as the flags want them. */

import type { SharedFlags } from '../flags/flags.js';
import type { Progress } from '../progress/types.js';

type Notice = Parameters<Progress['notice']>[0];

/** What of a context notices are told by. */
export interface NoticeParts {
  readonly flags: SharedFlags;
  readonly progress: Progress;
}

/** What takes its time or another way, and gets there all the same. */
const QUIETED: ReadonlySet<string> = new Set(['wait', 'mirror']);

/** What is only said when asked for, or not said to those who want quiet, ends here. */
export function noticer({ flags, progress }: NoticeParts): (notice: Notice) => void {
  return (notice) => {
    const { type } = notice;
    const isWanted = type === 'debug' ? flags.debug === true : !(flags.quiet && QUIETED.has(type));
    if (isWanted) progress.notice(notice);
  };
}
