/** Small JSON files of an archive, read under a cap. */

import { RegError } from '../errors.js';
import { MAX_MANIFEST_SIZE } from '../spec/manifest.js';
import { quoteText } from '../spec/text.js';
import type { TarIndex } from '../tar/tar-index.js';

export interface DocumentPlace {
  /** The archive, for messages: `"image.tar"`. */
  readonly what: string;
  readonly name: string;
}

/** All bytes of a file. Throws UNSAFE_ARCHIVE when it is not there, TOO_LARGE over 8 MiB, DISK_ERROR. */
export async function readDocument(files: TarIndex, { what, name }: DocumentPlace): Promise<Uint8Array> {
  const file = files.get(name);
  if (file === undefined)
    throw new RegError('UNSAFE_ARCHIVE', `${what} is incomplete: ${quoteText(name)} is missing`);
  if (file.size > MAX_MANIFEST_SIZE) {
    const message = `${quoteText(name)} in ${what} has ${file.size} bytes; at most ${MAX_MANIFEST_SIZE} are read`;
    throw new RegError('TOO_LARGE', message);
  }
  return file.read(0, file.size);
}
