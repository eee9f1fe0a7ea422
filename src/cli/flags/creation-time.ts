/** When something that is made here was made, as far as what is made says so. */

import { wallTime } from '../../content/system-clock.js';
import { RegError } from '../../errors.js';
import { quoteText } from '../../spec/text.js';
import type { Environment } from '../environment.js';

/** Latest time of a Date, in seconds since 1970. */
const MAX_SECONDS = 8.64e12;

/**
 * Now, or what `SOURCE_DATE_EPOCH` says, so that the same is made again (reproducible-builds.org, "SOURCE_DATE_EPOCH
 * specification"). Throws INVALID_CONFIG.
 */
export function creationTime({ SOURCE_DATE_EPOCH: text = '' }: Environment): Date {
  if (text === '') return new Date(wallTime());
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds <= MAX_SECONDS) return new Date(seconds * 1000);
  const message = `SOURCE_DATE_EPOCH is ${quoteText(text, 40)}, which is not a number of seconds since 1970`;
  throw new RegError('INVALID_CONFIG', message, {
    hint: 'Set it as in SOURCE_DATE_EPOCH=1700000000, or not at all.',
  });
}
