/**
 * The bytes of a body as the socket has read them. Node's parser makes a copy of each piece to hand it on, and what is
 * copied waits to be collected: a third of the time that a body takes which is only hashed. But where nobody listens
 * for pieces it only counts them:
 *
 *     socket ──▶ ours: takes the piece, mutes the parser ──▶ the parser's: counts it ──▶ ours: unmutes the parser
 */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

import { once } from '../../content/once.js';
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
 * Gives `taker` the bytes of the body of `message` straight from the socket, after those that its parser had copied by
 * then, which come as `data`. Does nothing where the length is not told or the parser is not as it is known: then all
 * comes as `data`.
 */
export function takeUncopied(message: IncomingMessage, { position, add, onTap }: Taker): void {
  const { socket, headers } = message;
  const size = parseLength(headers['content-length']);
  const callback = bodyCallbackOf(socket);
  if (size === undefined || headers['transfer-encoding'] !== undefined || callback === undefined) return;
  let isBegun = false;
  const begin = (): void => {
    isBegun = true;
    // Else it would never be told of its end.
    message.resume();
    onTap(socket);
  };
  const before = (bytes: Uint8Array): void => {
    if (message.readableLength > 0) return;
    if (!isBegun) begin();
    callback.mute();
    add(bytes.subarray(0, size - position()));
  };
  // The message is closed when its connection may be another's by now.
  const end = once(() => {
    socket.off('data', before).off('data', callback.unmute);
    if (!isBegun) return;
    onTap(message);
    // The next answer on this connection does not wait until all of this one was taken.
    socket.resume();
  });
  socket.prependListener('data', before).on('data', callback.unmute);
  message.once('end', end).once('close', end);
}

/** By what a parser hands on the pieces of a body. */
interface BodyCallback {
  readonly mute: () => void;
  readonly unmute: () => void;
}

/** Node keeps the parser with the socket; that is not documented, so it has to be found just as it is known. */
function bodyCallbackOf(socket: Socket): BodyCallback | undefined {
  const parser: unknown = 'parser' in socket ? socket.parser : undefined;
  if (!isObject(parser)) return undefined;
  const key: unknown = 'kOnBody' in parser.constructor ? parser.constructor.kOnBody : undefined;
  const callback = typeof key === 'number' ? parser[key] : undefined;
  if (typeof key !== 'number' || typeof callback !== 'function') return undefined;
  return {
    mute: () => void Reflect.set(parser, key, undefined),
    unmute: () => void Reflect.set(parser, key, callback),
  };
}
