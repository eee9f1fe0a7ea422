/** A way through a proxy, by the method CONNECT (RFC 9110, 9.3.6), and what it means when a proxy says no. */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import { RegError } from '../../errors.js';
import { formatPeer } from './addresses.js';
import { formatProxy, proxyHeaders, type Proxy } from './proxy.js';

export interface Tunnel {
  readonly proxy: Proxy;
  /** Where it is to lead. */
  readonly target: { readonly hostname: string; readonly port: number };
  readonly signal: AbortSignal;
}

/** Makes `socket`, connected to the proxy, one that is connected to the target; destroyed when that fails. */
export async function openTunnel(socket: Socket, { proxy, target, signal }: Tunnel): Promise<void> {
  const { request } = await import('node:http');
  const authority = formatPeer(target);
  const asking = request({
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, connection: 'keep-alive', ...proxyHeaders(proxy) },
    createConnection: () => socket,
    signal,
  });
  try {
    const { answer, rest } = await new Promise<Reply>((resolve, reject) => {
      asking.once('error', reject);
      asking.once('connect', (message, _socket, head) => resolve({ answer: message, rest: head }));
      asking.end();
    });
    const { statusCode: status = 0 } = answer;
    if (status < 200 || status > 299) {
      throw proxyRefusal(status, { proxy, target, wants: answer.headers['proxy-authenticate'] });
    }
    if (rest.length > 0) {
      throw new RegError(
        'PROTOCOL_ERROR',
        `cannot understand ${formatProxy(proxy, target)}: it talks unasked`,
      );
    }
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

interface Reply {
  readonly answer: IncomingMessage;
  /** What came right behind the answer; a TLS server waits until it is spoken to. */
  readonly rest: Buffer;
}

interface Refusal extends Pick<Tunnel, 'proxy' | 'target'> {
  /** The Proxy-Authenticate header. */
  readonly wants: string | undefined;
}

/** What a proxy means that answers `status` itself: CREDENTIALS_UNAVAILABLE, or UNREACHABLE. */
export function proxyRefusal(status: number, { proxy, target, wants }: Refusal): RegError {
  const who = formatProxy(proxy, target);
  if (status !== 407) {
    return new RegError('UNREACHABLE', `${who} answered CONNECT with ${status}`, {
      status,
      hint: `To reach ${target.hostname} without it, add that to NO_PROXY.`,
      ...(status < 500 && { permanent: true }),
    });
  }
  const { from, login } = proxy;
  const isBasic = wants === undefined || /\bbasic\b/i.test(wants);
  const url = `${proxy.isSecure ? 'https' : 'http'}://USER:PASSWORD@${formatPeer(proxy)}`;
  return new RegError(
    'CREDENTIALS_UNAVAILABLE',
    login === undefined ? `${who} wants a password` : `${who} refuses the password that ${from} holds`,
    {
      status,
      hint: isBasic
        ? `Write ${from} as ${url}.`
        : 'It requires other authentication than Basic, which reg does not support.',
    },
  );
}
