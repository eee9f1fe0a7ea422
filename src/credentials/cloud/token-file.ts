/** Files that hold a token or a key. */

import { realpath } from 'node:fs/promises';

import { ifThere, onDisk, readSmallFile } from '../../disk/files.js';
import { RegError } from '../../errors.js';
import { quoteText } from '../../spec/text.js';

const MAX_SIZE = 64 * 1024;

/** What the file holds; undefined where it is not there. Throws CREDENTIALS_UNAVAILABLE, DISK_ERROR. */
export async function readFileIfThere(path: string): Promise<Buffer | undefined> {
  // Kubernetes puts tokens behind links, which it turns when a token is renewed.
  const target = await onDisk({ verb: 'read', path }, () => ifThere(() => realpath(path)));
  const limits = { cap: MAX_SIZE, code: 'CREDENTIALS_UNAVAILABLE' } as const;
  return target === undefined ? undefined : readSmallFile(target, limits);
}

/** What the file holds. `variable` is what named it. Throws CREDENTIALS_UNAVAILABLE, DISK_ERROR. */
export async function readNamedFile(path: string, variable: string): Promise<Buffer> {
  const bytes = await readFileIfThere(path);
  if (bytes !== undefined) return bytes;
  throw new RegError('CREDENTIALS_UNAVAILABLE', `${quoteText(path)} is not there`, {
    hint: `${variable} names it: correct or unset that.`,
  });
}

/** A token in such a file, without the line end behind it. Throws as `readNamedFile`. */
export async function readTokenFile(path: string, variable: string): Promise<string> {
  const token = (await readNamedFile(path, variable)).toString().trim();
  if (/^[\x20-\x7e]+$/.test(token)) return token;
  throw new RegError('CREDENTIALS_UNAVAILABLE', `${quoteText(path)} holds no token`, {
    hint: `${variable} names it: correct or unset that.`,
  });
}
