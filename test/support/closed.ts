import type { Socket } from 'node:net';

/** Resolves when the connection is closed, also by a reset: `once` would reject with that. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => {});
    socket.once('close', () => resolve());
  });
}
