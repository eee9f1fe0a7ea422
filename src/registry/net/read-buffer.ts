/** How a socket reads: many bytes at once. */

import type { OnReadOpts, Socket } from 'node:net';

/** Node's own buffers take 64 KiB. What is handed on for each of them costs as much as the bytes in it. */
const BUFFER_SIZE = 256 * 1024;

/** What a reading may bring at least. */
const MIN_ROOM = 64 * 1024;

/** Buffers for the socket that `socketOf` knows once it is there, each of them filled by as many readings as it has room for. */
export function largeReads(socketOf: () => Socket): OnReadOpts {
  let buffer = Buffer.alloc(0);
  return {
    buffer() {
      if (buffer.byteLength < MIN_ROOM) buffer = Buffer.allocUnsafeSlow(BUFFER_SIZE);
      return buffer;
    },
    callback(length) {
      const bytes = buffer.subarray(0, length);
      buffer = buffer.subarray(length);
      return socketOf().push(bytes);
    },
  };
}
