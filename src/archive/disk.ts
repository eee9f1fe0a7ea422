/** The disk as this folder sees it: every failure is one line that names the path. */

import { RegError } from '../errors.js';
import { cleanText, quoteText } from '../spec/text.js';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is no folder',
  ENAMETOOLONG: 'the path is too long',
  EIO: 'the disk reports an input/output error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
};

interface DiskWork {
  /** What is tried: `read`. */
  readonly verb: string;
  readonly path: string;
}

/** Does `task`; a failure of the system becomes DISK_FULL or DISK_ERROR, anything else passes. */
export async function onDisk<T>({ verb, path }: DiskWork, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    const what = `cannot ${verb} ${quoteText(path)}`;
    if (code !== 'ENOSPC' && code !== 'EDQUOT')
      throw new RegError('DISK_ERROR', `${what}: ${REASONS[code] ?? cleanText(code)}`, { cause: error });
    throw new RegError('DISK_FULL', `${what}: no space is left on the disk`, {
      hint: 'Free some space, or set TMPDIR to a folder on a larger disk.',
      cause: error,
    });
  }
}

/** The system's code of an error (`ENOENT`); undefined for what is no error of the system. */
function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
