import { createServer as createHttpServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { isIPv6 } from 'node:net';
import { emitWarning } from 'node:process';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { KeyPair } from './certificates.js';
import { listen } from './listen.js';
import type { Scope } from './temp.js';

/** One request that a server got, and what became of it. It is filled in as things happen. */
export interface LoggedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** 0 as long as there is no answer. */
  status: number;
  /** Bytes of the body that arrived; only counted by servers that read it. */
  requestBytes: number;
  /** Bytes of the body that were handed to the socket; a client that hangs up may have got less. */
  responseBytes: number;
}

/** One request on its way through a server. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly log: LoggedRequest;
  /** Of the request, with this server's own scheme and the host that the client asked for. */
  readonly url: URL;
}

export interface HttpServer {
  readonly port: number;
  /** `<address>:<port>`: what goes before the repository in a reference. */
  readonly host: string;
  /** Scheme and host. */
  readonly origin: string;
  /** All requests so far, the oldest first. */
  readonly requests: readonly LoggedRequest[];
  readonly close: () => Promise<void>;
}

/** Starts an HTTP server on loopback, with TLS when it gets a key pair, that logs what it is asked. */
export async function startHttpServer(
  scope: Scope,
  handle: (exchange: Exchange) => Promise<void> | void,
  options: {
    readonly tls?: KeyPair | undefined;
    /** PEM of the authority of its clients' certificates, which it then asks for. One without is let in all the same. */
    readonly clientAuthority?: string | undefined;
    /** Of loopback, without brackets. Default: `127.0.0.1`. */
    readonly address?: string | undefined;
    /** Takes over the connection of a CONNECT request. Default: it is closed. */
    readonly onConnect?: ((request: IncomingMessage, socket: Duplex) => void) | undefined;
  } = {},
): Promise<HttpServer> {
  const { tls, clientAuthority, address = '127.0.0.1', onConnect } = options;
  const scheme = tls === undefined ? 'http' : 'https';
  const requests: LoggedRequest[] = [];
  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const log = newEntry(request);
    requests.push(log);
    response.on('close', () => (log.status = response.headersSent ? response.statusCode : 0));
    try {
      const url = new URL(request.url ?? '/', `${scheme}://${request.headers.host ?? 'localhost'}`);
      await handle({ request, response, log, url });
    } catch (error) {
      // The client sees a broken answer, and the person who reads the test's output sees why.
      emitWarning(`${log.method} ${log.path}: ${String(error)}`);
      response.destroy();
    }
  };
  const asking = clientAuthority && { ca: clientAuthority, requestCert: true, rejectUnauthorized: false };
  const server =
    tls === undefined
      ? createHttpServer()
      : createHttpsServer({ key: tls.key, cert: tls.certificate, ...asking });
  server.on('request', (request, response) => void onRequest(request, response));
  if (onConnect !== undefined) server.on('connect', onConnect);
  const { port, close } = await listen(scope, server, address);
  const host = `${isIPv6(address) ? `[${address}]` : address}:${port}`;
  return { port, host, origin: `${scheme}://${host}`, requests, close };
}

/** Answers with a body of bytes, text or JSON. */
export function reply(
  { response, log }: Exchange,
  status: number,
  answer: { readonly headers?: OutgoingHttpHeaders; readonly body?: Uint8Array | string | object } = {},
): void {
  const { body = '' } = answer;
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array);
  const bytes = body instanceof Uint8Array ? body : Buffer.from(isJson ? JSON.stringify(body) : body);
  response.writeHead(status, {
    ...(isJson && { 'content-type': 'application/json' }),
    'content-length': bytes.length,
    ...answer.headers,
  });
  if (log.method !== 'HEAD') log.responseBytes += bytes.length;
  response.end(bytes);
}

/** Reads a small request body as text. */
export async function readText({ request, log }: Exchange): Promise<string> {
  const body = await buffer(request);
  log.requestBytes += body.length;
  return body.toString();
}

/** User and password of a Basic `Authorization` header. */
export function basicCredentials(
  headers: IncomingHttpHeaders,
): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^Basic (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [, user = '', password = ''] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  return { user, password };
}

function newEntry(request: IncomingMessage): LoggedRequest {
  const { method = '', url = '', headers } = request;
  return { method, path: url, headers, status: 0, requestBytes: 0, responseBytes: 0 };
}
