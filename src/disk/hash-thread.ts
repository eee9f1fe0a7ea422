/**
 * A thread that hashes files while they are written, one for all of them:
 *
 *     network ──▶ this thread ──write──▶ file ──read──▶ hash thread ──▶ digest
 *                      └───── how far it reaches ────────────▲
 *
 * No bytes pass between the two, and what is hashed is what is in the file.
 */

import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { SHARE_ENV, Worker } from 'node:worker_threads';

import { parseDigest, type Algorithm, type Digest } from '../spec/digest.js';
import type { HashResult, HashTask } from './hash-worker.js';

/** In bytes: what is smaller is hashed by whoever has it, before the thread has started. */
const MIN_SIZE = 32 * 1024 * 1024;

/** How much more there has to be before the thread is woken, in bytes: waking it takes time from the one that does. */
const STEP = 2 * 1024 * 1024;

export interface HashedFile {
  /** Open to read, until `end` has resolved. */
  readonly fd: number;
  readonly algorithm: Algorithm;
  /** Length in bytes that the file has or will have. */
  readonly size: number;
}

/** A file that is being hashed. */
export interface Hashing {
  /** To be told how far the file reaches by now. */
  grow(position: number): void;
  /** Resolves when all of the file was read; undefined when it can't be told, and whoever asks has to read it himself. */
  readonly digest: Promise<Digest | undefined>;
  /** Gives it up; resolves when nothing is read from the file any more. */
  end(): Promise<void>;
}

let thread: HashThread | undefined;

/** Hashes a file beside all else; undefined where that does not pay. */
export function hashBeside(file: HashedFile): Hashing | undefined {
  if (file.size < MIN_SIZE || availableParallelism() === 1) return undefined;
  thread ??= new HashThread();
  return thread.hash(file);
}

class HashThread {
  readonly #worker: Worker;
  readonly #bell = new Int32Array(new SharedArrayBuffer(4));
  readonly #waiting = new Map<number, (hex: string | undefined) => void>();
  #count = 0;
  #hasEnded = false;

  constructor() {
    // Beside this file, in the source as in what is made of it.
    const file = new URL(`./hash-worker${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(file, { workerData: this.#bell, env: SHARE_ENV })
      .on('message', (result: HashResult) => this.#settle(result))
      // Followed by `exit`. Without a listener it would end this process.
      .on('error', () => {})
      .on('exit', () => this.#giveUp());
    this.#worker.unref();
  }

  hash({ fd, algorithm, size }: HashedFile): Hashing {
    const id = this.#count++;
    const reach = new BigInt64Array(new SharedArrayBuffer(8));
    const hex = this.#ask({ id, fd, algorithm, size, reach });
    let woken = 0;
    const tell = (position: number): void => {
      Atomics.store(reach, 0, BigInt(position));
      if (position >= 0 && position < size && position - woken < STEP) return;
      woken = position;
      this.#wake();
    };
    return {
      grow: tell,
      digest: hex.then((digits) =>
        digits === undefined ? undefined : parseDigest(`${algorithm}:${digits}`),
      ),
      async end() {
        tell(-1);
        await hex;
      },
    };
  }

  #ask(task: HashTask): Promise<string | undefined> {
    if (this.#hasEnded) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting.set(task.id, resolve);
      // The process must not end before it is told.
      this.#worker.ref();
      this.#worker.postMessage(task);
      this.#wake();
    });
  }

  #wake(): void {
    Atomics.add(this.#bell, 0, 1);
    Atomics.notify(this.#bell, 0);
  }

  #settle({ id, hex }: HashResult): void {
    this.#waiting.get(id)?.(hex);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #giveUp(): void {
    this.#hasEnded = true;
    for (const id of this.#waiting.keys()) this.#settle({ id, hex: undefined });
  }
}
