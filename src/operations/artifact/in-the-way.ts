/** Something is where a file of an artifact is to be, and has to stay. */

import { RegError } from '../../errors.js';
import { quoteText } from '../../spec/text.js';

export function anotherFile(path: string): RegError {
  return inTheWay(path, 'another file is there', 'Without --keep-old-files it is replaced.');
}

export function inTheWay(
  path: string,
  reason: string,
  hint = 'Pull to another directory, or remove what is in the way.',
): RegError {
  return new RegError('DISK_ERROR', `cannot write ${quoteText(path)}: ${reason}`, { hint });
}
