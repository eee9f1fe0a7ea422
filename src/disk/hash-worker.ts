/** The thread of `hash-thread.ts`. Nothing else imports it: it is loaded by itself, and so needs nothing of `reg`. */

import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

/** A file to be hashed, as it is told to the thread. */
export interface HashTask {
  readonly id: number;
  readonly fd: number;
  readonly algorithm: string;
  /** Length in bytes of all that is to be hashed. */
  readonly size: number;
  /** How far the file reaches by now; negative when nobody wants to know any more. */
  readonly reach: BigInt64Array;
}

/** The last word on a task: after it nothing is read from its file. */
export interface HashResult {
  readonly id: number;
  /** In hexadecimal digits; undefined where it cannot be told. */
  readonly hex: string | undefined;
}

/** In bytes: fits the cache of a processor, from which it is hashed. */
const PIECE_SIZE = 256 * 1024;

interface Progress extends HashTask {
  readonly hash: Hash;
  position: number;
}

/** Never ends: what is to be done is told by messages and shared memory, and `bell` rings when either has changed. */
function work(bell: Int32Array): void {
  const piece = Buffer.allocUnsafeSlow(PIECE_SIZE);
  const files = new Map<number, Progress>();
  for (;;) {
    const rung = Atomics.load(bell, 0);
    for (const task of newTasks())
      files.set(task.id, { ...task, hash: createHash(task.algorithm), position: 0 });
    let hasMoved = false;
    for (const file of files.values()) {
      const result = advance(file, piece);
      hasMoved ||= result !== 'waits';
      if (typeof result === 'string') continue;
      files.delete(file.id);
      parentPort?.postMessage(result);
    }
    if (!hasMoved) Atomics.wait(bell, 0, rung);
  }
}

function* newTasks(): Generator<HashTask> {
  if (parentPort === null) return;
  for (;;) {
    const next: { message: HashTask } | undefined = receiveMessageOnPort(parentPort);
    if (next === undefined) return;
    yield next.message;
  }
}

/** Hashes the next piece. */
function advance(file: Progress, piece: Buffer): 'waits' | 'moves' | HashResult {
  const { id, fd, size, hash } = file;
  const reach = Number(Atomics.load(file.reach, 0));
  if (reach < 0) return { id, hex: undefined };
  const length = Math.min(piece.byteLength, reach - file.position);
  if (length > 0) {
    const count = tryRead(fd, piece.subarray(0, length), file.position);
    if (count === 0) return { id, hex: undefined };
    hash.update(piece.subarray(0, count));
    file.position += count;
  }
  if (file.position === size) return { id, hex: hash.digest('hex') };
  return length > 0 ? 'moves' : 'waits';
}

/** Number of bytes read; none also when reading fails: then whoever asked reads by himself, and hears why. */
function tryRead(fd: number, buffer: Buffer, position: number): number {
  try {
    return readSync(fd, buffer, 0, buffer.byteLength, position);
  } catch {
    return 0;
  }
}

if (workerData instanceof Int32Array) work(workerData);
