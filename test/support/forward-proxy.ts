import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { KeyPair } from './certificates.js';
import { forward } from './forward.js';
import { reply, startHttpServer } from './http-server.js';
import type { LoggedRequest } from './http-server.js';
import type { Scope } from './temp.js';

export interface ForwardProxyOptions {
  /** Ports of loopback by `host:port`: where names lead that no DNS knows. Everything else is answered with 502. */
  readonly names: Readonly<Record<string, number>>;
  readonly tls?: KeyPair;
  /** Who may pass; default: everyone. */
  readonly login?: { readonly username: string; readonly password: string };
  /** Does to each CONNECT what it likes; returns true when that was all. */
  readonly onConnect?: (socket: Duplex, authority: string) => boolean;
}

export interface ForwardProxy {
  readonly port: number;
  /** As it goes into HTTPS_PROXY, without user and password. */
  readonly url: string;
  /** Every `host:port` that somebody was connected to. */
  readonly tunnels: readonly string[];
  /** Requests of plain http, with the whole URL as their path. */
  readonly requests: readonly LoggedRequest[];
  readonly close: () => Promise<void>;
}

/** Starts a proxy as HTTP_PROXY and HTTPS_PROXY name them: CONNECT, and requests for whole URLs. */
export async function startForwardProxy(scope: Scope, options: ForwardProxyOptions): Promise<ForwardProxy> {
  const { names, login, tls } = options;
  const tunnels: string[] = [];
  const expected = login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  const mayPass = ({ headers }: IncomingMessage): boolean =>
    expected === undefined || headers['proxy-authorization'] === expected;
  const onConnect = (request: IncomingMessage, socket: Duplex): void => {
    socket.on('error', () => {});
    const authority = request.url ?? '';
    if (options.onConnect?.(socket, authority) === true) return;
    if (!mayPass(request)) return refuse(socket, 407);
    const port = names[authority];
    if (port === undefined) return refuse(socket, 502);
    tunnels.push(authority);
    const upstream = connect({ port, host: '127.0.0.1' }, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  };
  const server = await startHttpServer(
    scope,
    async (exchange) => {
      if (!mayPass(exchange.request)) return reply(exchange, 407, { headers: CHALLENGE });
      const { hostname, port } = exchange.url;
      const target = names[`${hostname}:${port || '80'}`];
      if (target === undefined) return reply(exchange, 502);
      delete exchange.request.headers['proxy-authorization'];
      await forward(exchange, `http://127.0.0.1:${target}`);
    },
    { tls, onConnect },
  );
  return { port: server.port, url: server.origin, tunnels, requests: server.requests, close: server.close };
}

const CHALLENGE = { 'proxy-authenticate': 'Basic realm="proxy"' };

function refuse(socket: Duplex, status: number): void {
  const challenge = status === 407 ? `Proxy-Authenticate: ${CHALLENGE['proxy-authenticate']}\r\n` : '';
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${challenge}Content-Length: 0\r\n\r\n`);
}
