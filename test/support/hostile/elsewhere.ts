import { buffer } from 'node:stream/consumers';
import type { KeyPair } from '../certificates.js';
import { startHttpServer, type HttpServer } from '../http-server.js';
import type { Scope } from '../temp.js';
import { refusal, send, type Fault } from './reply.js';

/** Another origin, that keeps all that reaches it. */
export interface Elsewhere extends HttpServer {
  /** Every request as text: first line, headers, body. */
  readonly heard: readonly string[];
  /** What it does; a 404 until a test says otherwise. */
  fault: Fault;
}

/** Starts one, on another port or another address of loopback, with or without TLS. */
export async function startElsewhere(
  scope: Scope,
  options: { readonly tls?: KeyPair | undefined; readonly address?: string | undefined } = {},
): Promise<Elsewhere> {
  const heard: string[] = [];
  const state: { fault: Fault } = { fault: () => refusal(404, 'BLOB_UNKNOWN') };
  const server = await startHttpServer(
    scope,
    async (exchange) => {
      const { rawHeaders, method, url } = exchange.request;
      const body = await buffer(exchange.request);
      heard.push([`${method} ${url}`, ...rawHeaders, body.toString('latin1')].join('\n'));
      const said = await state.fault(exchange, async () => refusal(404, 'BLOB_UNKNOWN'));
      if (said !== undefined) send(exchange, said);
    },
    options,
  );
  return Object.assign(state, server, { heard });
}
