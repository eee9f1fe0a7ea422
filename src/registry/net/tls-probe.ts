/** Asks a server whether it speaks TLS, at the price of one short message and without loading any TLS. */

import type { Socket } from 'node:net';

/**
 * A ClientHello (RFC 8446, 4.1.2) with one cipher suite. A TLS server answers it with a handshake or an alert,
 * whatever it thinks of the offer. The line breaks in its "random" make a server that reads lines answer at once.
 */
const CLIENT_HELLO = Buffer.concat([
  Buffer.from('160301002f0100002b0303', 'hex'),
  Buffer.from('reg asks: TLS?\r\n\r\n\r\n\r\n'.padEnd(32, '\r\n')),
  Buffer.from('00', 'hex'),
  Buffer.from('0002c02f', 'hex'),
  Buffer.from('0100', 'hex'),
  Buffer.from('0000', 'hex'),
]);

const ALERT = 0x15;
const HANDSHAKE = 0x16;

/**
 * Whether the other side answers in TLS. Silence and a closed connection prove nothing: then undefined. Ends the
 * connection.
 */
export function speaksTls(
  socket: Socket,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.once('data', (bytes: Buffer) => {
      resolve(bytes[0] === ALERT || bytes[0] === HANDSHAKE);
      socket.destroy();
    });
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
    socket.write(CLIENT_HELLO);
  });
}
