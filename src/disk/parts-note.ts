/**
 * What is where in a file that was not written in order, noted in a small file beside it: a line for each stretch, the
 * offset of its first byte and the one after its last. Without a note a file has no gaps.
 *
 * It is written after the bytes that it tells of. After a power cut it may tell of more than there is: then the digest of
 * the whole is wrong, and all is fetched anew.
 */

import { constants } from 'node:fs';
import { open, readFile, rm, type FileHandle } from 'node:fs/promises';

import { Extents, type Span } from '../content/extents.js';
import { look, NO_FOLLOW, onDisk } from './files.js';

/** Largest size in bytes of a note that is read: enough for a few hundred gigabytes. */
const MAX_SIZE = 16 * 1024 * 1024;

/** The first line, so that a note without another one still says that there are gaps. */
const NOTHING: Span = { from: 0, to: 0 };

export class PartsNote {
  readonly #path: string;
  #beginning: Promise<FileHandle> | undefined;
  #isThere = false;
  /** It is to be begun anew. */
  #isStale = false;
  #lines = '';
  #writing: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Whether there is one, which then has to tell of everything. */
  get isThere(): boolean {
    return this.#isThere;
  }

  /** What there is in a file of `size` bytes. What may be noted of an empty one is of no interest. */
  async read(size: number): Promise<Extents> {
    this.#isStale = size === 0;
    const text = this.#isStale ? '' : await this.#text();
    const spans = text.split('\n').slice(0, -1).flatMap(parseSpan);
    // What it says of bytes that are gone would be believed again once the file has grown.
    this.#isStale ||= spans.some(({ to }) => to > size);
    // A file that was cut short may have been noted as longer.
    const noted = spans.map(({ from, to }) => ({ from: Math.min(from, size), to: Math.min(to, size) }));
    return new Extents(spans.length === 0 ? [{ from: 0, to: size }] : noted);
  }

  /** To be called, and waited for, before anything is written that leaves a gap. */
  async begin(held: readonly Span[]): Promise<void> {
    this.#beginning ??= this.#open(held);
    await this.#beginning;
  }

  /** Notes a stretch, where there is a note. */
  add(span: Span): void {
    if (this.#beginning === undefined) return;
    this.#lines += formatSpan(span);
    this.#writing ??= this.#write();
    // Heard of at the end.
    this.#writing.catch(() => {});
  }

  /** Resolves when all is noted. Throws DISK_FULL, DISK_ERROR. */
  async end(): Promise<void> {
    try {
      await this.#writing;
    } finally {
      await (await this.#beginning)?.close();
    }
  }

  /** To be called when nothing is missing any more. */
  async remove(): Promise<void> {
    await onDisk({ verb: 'remove', path: this.#path }, () => rm(this.#path, { force: true }));
    this.#isThere = false;
  }

  async #text(): Promise<string> {
    const stats = await look(this.#path);
    this.#isThere = stats !== undefined;
    if (stats === undefined) return '';
    const isNote = stats.isFile() && stats.size <= MAX_SIZE;
    if (isNote) return onDisk({ verb: 'read', path: this.#path }, () => readFile(this.#path, 'latin1'));
    // Nothing is known to be there.
    await onDisk({ verb: 'remove', path: this.#path }, () => rm(this.#path, { recursive: true }));
    return formatSpan(NOTHING);
  }

  async #open(held: readonly Span[]): Promise<FileHandle> {
    const how = this.#isStale ? constants.O_TRUNC : constants.O_APPEND;
    const flags = constants.O_WRONLY | constants.O_CREAT | how | NO_FOLLOW;
    return onDisk({ verb: 'write', path: this.#path }, async () => {
      const handle = await open(this.#path, flags, 0o666);
      this.#isThere = true;
      try {
        await handle.appendFile([NOTHING, ...held].map(formatSpan).join(''));
        return handle;
      } catch (error) {
        await handle.close();
        throw error;
      }
    });
  }

  async #write(): Promise<void> {
    await onDisk({ verb: 'write', path: this.#path }, async () => {
      const handle = await this.#beginning;
      while (this.#lines !== '') {
        const lines = this.#lines;
        this.#lines = '';
        await handle?.appendFile(lines);
      }
      this.#writing = undefined;
    });
  }
}

function formatSpan({ from, to }: Span): string {
  return `${from} ${to}\n`;
}

/** Nothing for a line that is none. */
function parseSpan(line: string): readonly Span[] {
  const [, from, to] = /^(\d{1,15}) (\d{1,15})$/.exec(line) ?? [];
  return from === undefined || to === undefined ? [] : [{ from: Number(from), to: Number(to) }];
}
