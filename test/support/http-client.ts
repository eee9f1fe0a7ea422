import { request as requestHttp } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>;
  /** PEM of the authority to trust. Without it TLS is not checked. */
  readonly authority?: string;
  /** Connects to this port of loopback, whatever host and port the URL names. */
  readonly port?: number;
}

/** Makes one HTTP request and reads the whole answer. It follows no redirect and retries nothing. */
export async function ask(url: string | URL, options: AskOptions = {}): Promise<Answer> {
  const { protocol, hostname, port, pathname, search, host } = new URL(url);
  const { method = 'GET', body = '', authority } = options;
  const request = (protocol === 'https:' ? requestHttps : requestHttp)({
    method,
    host: options.port === undefined ? hostname : '127.0.0.1',
    port: options.port ?? port,
    path: pathname + search,
    // A new connection each time: nothing keeps the process alive, nor hides a server that was closed.
    agent: false,
    ...(isIP(hostname) === 0 && { servername: hostname }),
    headers: {
      host,
      ...(isWhole(body) && { 'content-length': Buffer.byteLength(body) }),
      ...options.headers,
    },
    ...(authority === undefined ? { rejectUnauthorized: false } : { ca: authority }),
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
  // A failure to send is an 'error' of the request as well; after an early answer (401, say) it is none.
  pipeline(isWhole(body) ? Readable.from([body]) : body, request).catch(() => {});
  const response = await answered;
  return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
}

/** The `Authorization` header for a user. */
export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function isWhole(body: Uint8Array | string | AsyncIterable<Uint8Array>): body is Uint8Array | string {
  return typeof body === 'string' || body instanceof Uint8Array;
}
