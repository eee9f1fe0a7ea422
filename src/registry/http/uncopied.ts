/**
 * The bytes of a body as the socket has read them. Node's parser makes a copy of each piece to hand it on, and what is
 * copied waits to be collected: a third of the time that a body takes which is only hashed. But where nobody listens
 * for pieces it only counts them:
 *
 *     socket ──▶ ours: takes the piece, silences the parser ──▶ the parser's: counts it ──▶ ours: lets it speak again
 */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

import { isObject } from '../../spec/json.js';
import { parseLength } from './content-range.js';

interface Taker {
  /** Number of bytes of the body that have come. */
  readonly position: () => number;
  readonly add: (bytes: Uint8Array) => void;
  /** To be told what has to be paused for no more bytes to come, before they come from there; at first the message. */
  readonly onTap: (tap: Tap) => void;
}

export type Tap = Pick<Readable, 'pause' | 'resume' | 'isPaused'>;

/**
 * Gives `taker` what comes of the body of `message`, except for what its parser has copied before: that comes as
 * `data`, and first. All of it does where its end is not told by its length, or the parser is not as it is known.
 */
export function takeUncopied(message: IncomingMessage, { position, add, onTap }: Taker): void {
  const { socket, headers } = message;
  const size = parseLength(headers['content-length']);
  const voice = voiceOf(socket);
  if (size === undefined || headers['transfer-encoding'] !== undefined || voice === undefined) return;
  let isBegun = false;
  const begin = (): void => {
    isBegun = true;
    // Hears of its end.
    message.resume();
    onTap(socket);
  };
  const before = (bytes: Uint8Array): void => {
    if (message.readableLength > 0) return;
    if (!isBegun) begin();
    voice.silence();
    add(bytes.subarray(0, size - position()));
  };
  const end = (): void => {
    socket.off('data', before).off('data', voice.restore);
    if (!isBegun) return;
    onTap(message);
    // The next answer on this connection does not wait until all of this one was taken.
    socket.resume();
  };
  socket.prependListener('data', before).on('data', voice.restore);
  message.once('end', end).once('close', end);
}

/** By what a parser hands on pieces of a body. */
interface Voice {
  readonly silence: () => void;
  readonly restore: () => void;
}

/** Node keeps the parser with the socket; that is not documented, so it has to be found just as it is known. */
function voiceOf(socket: Socket): Voice | undefined {
  const parser: unknown = 'parser' in socket ? socket.parser : undefined;
  if (!isObject(parser)) return undefined;
  const key: unknown = 'kOnBody' in parser.constructor ? parser.constructor.kOnBody : undefined;
  const speak = typeof key === 'number' ? parser[key] : undefined;
  if (typeof key !== 'number' || typeof speak !== 'function') return undefined;
  return {
    silence: () => void Reflect.set(parser, key, undefined),
    restore: () => void Reflect.set(parser, key, speak),
  };
}
