/** What the system's error codes mean to a person. */

import { cleanText } from '../spec/text.js';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'a directory is in the way',
  EEXIST: 'a file is in the way',
  ENOTEMPTY: 'a directory is in the way',
  ELOOP: 'it is a symbolic link',
  ENAMETOOLONG: 'the path is too long',
  EFBIG: 'the file system takes no file of that size',
  EBUSY: 'another program uses it',
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk reports an input/output error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
};

const NOT_OURS = 'Change its permissions, or choose another place.';
const CHECK_PATH = 'Check the path.';
const FREE_SPACE = 'Free some space and run the same command again.';

const HINTS: Readonly<Record<string, string>> = {
  EACCES: NOT_OURS,
  EPERM: NOT_OURS,
  EROFS: NOT_OURS,
  ENOENT: CHECK_PATH,
  ENOTDIR: CHECK_PATH,
  EISDIR: CHECK_PATH,
  EEXIST: CHECK_PATH,
  ENOTEMPTY: CHECK_PATH,
  ELOOP: 'Name the target of the link.',
  ENAMETOOLONG: 'Choose a shorter path.',
  EFBIG: 'Choose a place on another disk.',
  EBUSY: 'Close it, and try again.',
  ENOSPC: FREE_SPACE,
  EDQUOT: FREE_SPACE,
  EIO: 'Check the disk before you trust it with more.',
  EMFILE: 'Raise the limit of open files ("ulimit -n") and try again.',
  ENFILE: 'Close other programs and try again.',
};

/** Whether the code says that there is no room for what was to be written. */
export function isFull(code: string): boolean {
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** An error of the system in words, by its code. */
export function reasonFor(code: string): string {
  return REASONS[code] ?? cleanText(code);
}

/** What a person can do about an error of the system, by its code, where there is something. */
export function hintFor(code: string): { readonly hint?: string } {
  const hint = HINTS[code];
  return hint === undefined ? {} : { hint };
}
