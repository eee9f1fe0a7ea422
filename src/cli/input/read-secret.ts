/** A password or token that another program writes to the standard input. */

import { RegError } from '../../errors.js';

/** Longest secret that is read, in bytes. */
const MAX_SIZE = 64 * 1024;

/**
 * All that `stdin` holds but one line end: what belongs to the file is not always what belongs to the secret. `what` says
 * what it is. Throws INVALID_ARGUMENT when it is too long or not text.
 */
export async function readSecret(stdin: AsyncIterable<string | Uint8Array>, what: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    size += Buffer.byteLength(chunk);
    if (size > MAX_SIZE) throw refused(what, `is longer than ${MAX_SIZE / 1024} KiB`);
    chunks.push(Buffer.from(chunk));
  }
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString();
  if (!bytes.equals(Buffer.from(text))) throw refused(what, 'is not UTF-8 text');
  return text.replace(/\r?\n$/, '');
}

function refused(what: string, fault: string): RegError {
  return new RegError('INVALID_ARGUMENT', `the ${what} on the standard input ${fault}`);
}
