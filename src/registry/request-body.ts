/** Request bodies as undici takes them. */

import { setImmediate as nextTurn } from 'node:timers/promises';

import type { CallOptions } from '../content/types.js';
import type { IdleTimer } from './idle.js';
import type { Body } from './transport.js';

/**
 * Largest piece that is handed to the socket at once. The idle time counts from piece to piece, so this divided by
 * the idle time is the slowest upload that lives: 4 KiB a second.
 */
const MAX_PIECE = 256 * 1024;

/** How a body is sent, and how far that has got. */
export interface Sending extends CallOptions {
  readonly timer: IdleTimer;
  isUnderWay: boolean;
}

/** `body` as undici takes it. It is opened when the connection is there and asks for it. */
export function sendable(
  body: Body | Uint8Array | undefined,
  sending: Sending,
): Uint8Array | AsyncIterable<Uint8Array> | null {
  if (body === undefined || body instanceof Uint8Array) return body ?? null;
  return body.size === 0 ? null : pieces(body, sending);
}

/** Headers that `body` needs; undici finds the length of bytes by itself. */
export function headersFor(body: Body | Uint8Array | undefined): Readonly<Record<string, string>> {
  const isStream = body !== undefined && !(body instanceof Uint8Array) && body.size > 0;
  return isStream ? { 'content-length': String(body.size) } : {};
}

async function* pieces(body: Body, sending: Sending): AsyncGenerator<Uint8Array> {
  const { timer, signal } = sending;
  sending.isUnderWay = true;
  timer.pause();
  for await (const chunk of await body.open({ signal })) {
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
