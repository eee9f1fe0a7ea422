/** Request bodies as they are sent. */

import { setImmediate as nextTurn } from 'node:timers/promises';

import { RegError } from '../../errors.js';
import type { IdleTimer } from './idle.js';
import type { Body } from '../transport.js';

/**
 * Largest piece that is handed to the socket at once. The idle time counts from piece to piece, so this divided by
 * the idle time is the slowest upload that lives: 4 KiB a second.
 */
const MAX_PIECE = 256 * 1024;

/** How a body is sent, and how far that has got. */
export interface Sending {
  /** Aborted when the request is over: then nobody waits for what the body is read from. */
  readonly over: AbortSignal;
  readonly timer: IdleTimer;
  isUnderWay: boolean;
}

/** A body whose first bytes are at hand. */
export interface OpenBody {
  readonly bytes: Uint8Array | AsyncIterable<Uint8Array> | null;
  /** Lets go of what was opened, should nobody have begun to send it. */
  release(): Promise<void>;
}

/**
 * Opens `body` before a connection is taken for it: a source may have to hash all it has before its first byte, and
 * servers close a connection on which nothing comes for some seconds.
 */
export async function openBody(body: Body | Uint8Array | undefined, sending: Sending): Promise<OpenBody> {
  if (body === undefined || body instanceof Uint8Array)
    return { bytes: body ?? null, release: async () => {} };
  const chunks = (await body.open({ signal: sending.over }))[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (body.size === 0 && first.done === true) return { bytes: null, release: async () => {} };
  let isTaken = false;
  async function* all(): AsyncGenerator<Uint8Array> {
    isTaken = true;
    try {
      for (let next = first; next.done !== true; next = await chunks.next()) yield next.value;
    } finally {
      await chunks.return?.();
    }
  }
  return {
    bytes: pieces(sized(all(), body.size), sending),
    async release() {
      if (!isTaken) await chunks.return?.();
    },
  };
}

/** Headers that `body` needs; Node finds the length of bytes by itself. */
export function headersFor(body: Body | Uint8Array | undefined): Readonly<Record<string, string>> {
  const isStream = body !== undefined && !(body instanceof Uint8Array) && body.size > 0;
  return isStream ? { 'content-length': String(body.size) } : {};
}

/** As many bytes as were announced, or an error: with more or fewer the server would not know where the next request begins. */
async function* sized(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let position = 0;
  for await (const chunk of chunks) {
    position += chunk.byteLength;
    if (position > size) break;
    yield chunk;
  }
  if (position === size) return;
  throw new RegError(
    'SIZE_MISMATCH',
    'the content that is uploaded has not the size that it was said to have',
  );
}

async function* pieces(chunks: AsyncIterable<Uint8Array>, sending: Sending): AsyncGenerator<Uint8Array> {
  const { timer } = sending;
  sending.isUnderWay = true;
  timer.pause();
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.byteLength; from += MAX_PIECE) {
      // Hears what the server has said by now: once it has hung up, writing on would throw its answer away. The
      // first turn may be the end of this round of the event loop, only the second comes after the next reading.
      await nextTurn();
      await nextTurn();
      timer.start();
      yield chunk.subarray(from, from + MAX_PIECE);
      timer.pause();
    }
  }
  timer.start();
  sending.isUnderWay = false;
}
