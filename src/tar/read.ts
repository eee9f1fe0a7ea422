/**
 * Reads tars: POSIX (pax and ustar), GNU and what was before them, entry after entry, straight through.
 *
 *     extended header │ header │ content ┊ header │ content ┊ … ║ empty block ║ empty block
 *
 * A reader of our own, because names are bytes here, and because what is doubtful in a header of an image must end the
 * reading rather than be guessed at: the program that runs the image would guess otherwise.
 */

import { throwIfAborted } from '../content/abort.js';
import type { CallOptions } from '../content/types.js';
import { explain, RegError } from '../errors.js';
import { describeEntry, type EntryFacts } from './entry.js';
import { cutOff, NO_TAR, paddingOf, readHeaders } from './headers.js';
import { StreamInput, type TarInput } from './input.js';

export interface TarEntry extends EntryFacts {
  /** The bytes of a file: to be read once, before the next entry is asked for. What is not read is passed over. */
  readonly content: AsyncIterable<Uint8Array>;
}

export interface ReadTarOptions extends CallOptions {
  /** What is read, for messages: `"image.tar"`. */
  readonly what: string;
}

/**
 * The entries of a tar in their order. What stands behind its end is read, too, so that whoever counts or hashes the
 * bytes on their way sees them all. Throws UNSAFE_ARCHIVE for what is no tar, is damaged, cut off or contradicts itself,
 * UNSUPPORTED for sparse files and unknown kinds of entries, TOO_LARGE for headers over 1 MiB, ABORTED.
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadTarOptions,
): AsyncGenerator<TarEntry> {
  const input = new StreamInput(chunks);
  try {
    yield* readEntries(input, options);
    await input.skip(Number.POSITIVE_INFINITY);
  } finally {
    await input.close();
  }
}

/** As `readTar`, but up to the end mark only. */
export async function* readEntries(
  input: TarInput,
  { what, signal }: ReadTarOptions,
): AsyncGenerator<TarEntry> {
  for (let count = 1; ; count++) {
    throwIfAborted(signal);
    const where = `cannot read ${what}: entry ${count}`;
    const facts = await readFacts(input, where);
    if (facts === undefined) return;
    const content = new EntryContent(input, { size: facts.size, where });
    yield { ...facts, content };
    await content.finish();
  }
}

/** What is known of the next entry; undefined at the end of the tar. */
async function readFacts(input: TarInput, where: string): Promise<EntryFacts | undefined> {
  try {
    const headers = await readHeaders(input);
    return headers && describeEntry(headers);
  } catch (error) {
    const isTar = !(error instanceof RegError && error.message === NO_TAR);
    throw explain(error, isTar ? where : where.slice(0, where.lastIndexOf(':')));
  }
}

/** The content of one entry. */
class EntryContent implements AsyncIterable<Uint8Array> {
  readonly #input: TarInput;
  readonly #padding: number;
  readonly #where: string;
  #left: number;

  constructor(input: TarInput, { size, where }: { readonly size: number; readonly where: string }) {
    this.#input = input;
    this.#padding = paddingOf(size);
    this.#where = where;
    this.#left = size;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    while (this.#left > 0) {
      const piece = await this.#input.next(this.#left);
      if (piece === undefined) throw explain(cutOff(), this.#where);
      this.#left -= piece.byteLength;
      yield piece;
    }
  }

  /** Passes over what is left, and what fills the last block, unless the tar ends there. */
  async finish(): Promise<void> {
    if (!(await this.#input.skip(this.#left))) throw explain(cutOff(), this.#where);
    await this.#input.skip(this.#padding);
  }
}
