/** Notices of client and store, told as far as the flags want them. */

import type { SharedFlags } from './flags.js';
import type { Progress } from './progress/types.js';

type Notice = Parameters<Progress['notice']>[0];

/** What of a context notices are told by. */
export interface NoticeParts {
  readonly flags: SharedFlags;
  readonly progress: Progress;
}

/** What is only said when asked for, or not said to those who want quiet, ends here. */
export function noticer({ flags, progress }: NoticeParts): (notice: Notice) => void {
  return (notice) => {
    const isWanted = notice.type === 'debug' ? flags.debug === true : notice.type !== 'wait' || !flags.quiet;
    if (isWanted) progress.notice(notice);
  };
}
