import { request as requestHttp } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { Exchange, LoggedRequest } from './http-server.js';

export interface ForwardOptions {
  /** Replaces the path and query. */
  readonly path?: string;
  /** Put over the client's headers; `undefined` takes one away. */
  readonly headers?: OutgoingHttpHeaders;
  /** Put over the headers of the answer. */
  readonly responseHeaders?: OutgoingHttpHeaders;
}

/**
 * Passes a request on to another server and its answer back, both as streams, and counts the bytes. The server
 * behind sees the `Host` that the client asked for, so its absolute URLs lead back through here.
 */
export async function forward(
  exchange: Exchange,
  origin: string,
  options: ForwardOptions = {},
): Promise<void> {
  const { request, response, log, url } = exchange;
  try {
    const upstream = await pass(
      exchange,
      new URL(options.path ?? `${url.pathname}${url.search}`, origin),
      options,
    );
    const headers = { ...upstream.headers, ...options.responseHeaders };
    response.writeHead(upstream.statusCode ?? 502, withoutHopByHop(headers));
    await pipeline(upstream, counting(log, 'responseBytes'), response);
  } catch {
    // One of the two hung up: so does this one, towards both.
    request.destroy();
    response.destroy();
  }
}

async function pass(
  { request, log, url }: Exchange,
  target: URL,
  options: ForwardOptions,
): Promise<IncomingMessage> {
  const send = target.protocol === 'https:' ? requestHttps : requestHttp;
  const headers = { ...request.headers, 'x-forwarded-proto': url.protocol.slice(0, -1), ...options.headers };
  const upstream = send(target, {
    method: request.method,
    headers: withoutHopByHop(headers),
    agent: false,
    rejectUnauthorized: false,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.on('response', resolve);
    upstream.on('error', reject);
  });
  // An early answer (401, 413) may come before the body is through: then the answer counts.
  pipeline(request, counting(log, 'requestBytes'), upstream).catch((error: Error) => upstream.destroy(error));
  return answered;
}

/** What concerns one connection only (RFC 9110, 7.6.1); Node frames the body by itself. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'expect']);

function withoutHopByHop(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const entries = Object.entries(headers);
  return Object.fromEntries(entries.filter(([name, value]) => value !== undefined && !HOP_BY_HOP.has(name)));
}

function counting(log: LoggedRequest, field: 'requestBytes' | 'responseBytes') {
  return async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      log[field] += chunk.length;
      yield chunk;
    }
  };
}
