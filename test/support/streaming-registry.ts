import { createHash, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { reply, startHttpServer } from './http-server.js';
import type { Exchange, HttpServer } from './http-server.js';
import type { TestGraph } from './images.js';
import type { Scope } from './temp.js';

/** A registry that keeps no blob: those of its graph are made up while they are read, those pushed are only hashed. */
export interface StreamingRegistry extends HttpServer {
  /** Bytes of each blob that was pushed, by the digest that they really have. */
  readonly received: ReadonlyMap<string, number>;
  /** Manifests that were pushed, by tag or digest. */
  readonly manifests: ReadonlyMap<string, Buffer>;
}

interface State {
  readonly graph: TestGraph | undefined;
  readonly received: Map<string, number>;
  readonly manifests: Map<string, Buffer>;
  /** What uploads by PATCH got so far, by path. */
  readonly hashed: Map<string, Hashed>;
}

interface Hashed {
  readonly digest: string;
  readonly size: number;
}

/** Starts it; every repository and every tag has the graph, if there is one. */
export async function startStreamingRegistry(scope: Scope, graph?: TestGraph): Promise<StreamingRegistry> {
  const state: State = { graph, received: new Map(), manifests: new Map(), hashed: new Map() };
  const server = await startHttpServer(scope, (exchange) => answer(exchange, state));
  return { ...server, received: state.received, manifests: state.manifests };
}

async function answer(exchange: Exchange, state: State): Promise<void> {
  const { method } = exchange.log;
  const { pathname } = exchange.url;
  if (pathname.includes('/blobs/uploads/')) return takeUpload(exchange, state);
  const [, kind, name = ''] = /\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
  if (kind === 'manifests') {
    if (method === 'PUT') return takeManifest(exchange, name, state);
    const { graph } = state;
    const found = name.startsWith('sha256:') ? graph?.manifests.get(name) : graph;
    if (found === undefined) return reply(exchange, 404);
    const headers = {
      'content-type': found.descriptor.mediaType,
      'docker-content-digest': found.descriptor.digest,
    };
    return reply(exchange, 200, { headers, body: found.bytes });
  }
  if (kind === 'blobs') return giveBlob(exchange, name, state);
  reply(exchange, pathname === '/v2/' ? 200 : 404);
}

async function takeManifest(exchange: Exchange, name: string, { manifests }: State): Promise<void> {
  const bytes = await buffer(exchange.request);
  manifests.set(name, bytes);
  const digest = createHash('sha256').update(bytes).digest('hex');
  reply(exchange, 201, { headers: { 'docker-content-digest': `sha256:${digest}` } });
}

async function giveBlob(exchange: Exchange, digest: string, { graph }: State): Promise<void> {
  const { log, response } = exchange;
  const blob = graph?.blobs.get(digest);
  if (blob === undefined) return reply(exchange, 404);
  const from = Number(/^bytes=(\d+)-$/.exec(log.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(from === 0 ? 200 : 206, {
    'content-length': blob.size - from,
    ...(from > 0 && { 'content-range': `bytes ${from}-${blob.size - 1}/${blob.size}` }),
  });
  if (log.method === 'HEAD') return void response.end();
  // A client that hangs up is no failure of the server.
  await pipeline(Readable.from(blob.open(from), { objectMode: false }), response).catch(() => {});
}

/** Each session takes its bytes in one request: the PUT, or a PATCH before it. */
async function takeUpload(exchange: Exchange, state: State): Promise<void> {
  const { method } = exchange.log;
  const { pathname, searchParams } = exchange.url;
  if (method === 'POST') return reply(exchange, 202, { headers: { location: `${pathname}${randomUUID()}` } });
  const arrived = await hashBody(exchange);
  const whole = method === 'PUT' && arrived.size === 0 ? (state.hashed.get(pathname) ?? arrived) : arrived;
  state.hashed.set(pathname, whole);
  if (method === 'PATCH')
    return reply(exchange, 202, {
      headers: { location: pathname, range: `0-${Math.max(0, whole.size - 1)}` },
    });
  if (searchParams.get('digest') !== whole.digest) return reply(exchange, 400);
  state.received.set(whole.digest, whole.size);
  reply(exchange, 201, { headers: { 'docker-content-digest': whole.digest } });
}

async function hashBody({ request, log }: Exchange): Promise<Hashed> {
  const hash = createHash('sha256');
  const chunks: AsyncIterable<Buffer> = request;
  for await (const chunk of chunks) {
    hash.update(chunk);
    log.requestBytes += chunk.length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, size: log.requestBytes };
}
