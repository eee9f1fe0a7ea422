/**
 * A registry in memory that is honest until a test says otherwise: every kind of request can be given a fault.
 * It is strict with its clients, too: a token must have been issued, and be for what is asked; a manifest is taken
 * only when all that it names is there.
 */
import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { KeyPair } from '../certificates.js';
import { sha256 } from '../contents.js';
import { startHttpServer, type Exchange, type HttpServer } from '../http-server.js';
import type { TestGraph } from '../images.js';
import type { Scope } from '../temp.js';
import { refusal, send, type Fault, type Reply } from './reply.js';
import { authorize, type Tokens } from './tokens.js';

/** What a request is about. `layer` is the larger layer of a test image, `base` every other one. */
type Kind = 'ping' | 'token' | 'manifest' | 'config' | 'layer' | 'base' | 'upload' | 'tags';
type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | '*';

/** Faults by what they strike: `GET layer`, `* manifest`, `* *`. The first that fits is taken. */
export type Faults = Readonly<Partial<Record<`${Method} ${Kind | '*'}`, Fault>>>;

export interface HostileRegistry extends HttpServer {
  /** By digest. */
  readonly blobs: Map<string, Buffer>;
  /** By digest and by tag. */
  readonly manifests: Map<string, StoredManifest>;
  readonly tokens: Tokens;
  faults: Faults;
  /** `METHOD kind` of all requests so far. */
  readonly seen: () => readonly string[];
}

interface StoredManifest {
  readonly type: string;
  readonly bytes: Buffer;
}

export interface RegistryOptions {
  readonly graph: TestGraph;
  readonly tokens: Tokens;
  readonly tls?: KeyPair | undefined;
  readonly address?: string | undefined;
}

/** Starts one that holds a graph under the tag `1`, in whatever repository is asked for. */
export async function startHostileRegistry(scope: Scope, options: RegistryOptions): Promise<HostileRegistry> {
  const { graph, tokens } = options;
  const state: State = {
    ...(await contentsOf(graph)),
    tokens,
    uploads: new Map(),
    kinds: kindsOf(graph),
    faults: {},
  };
  const server = await startHttpServer(
    scope,
    async (exchange) => {
      const { method } = exchange.log;
      const kind = kindOf(exchange, state);
      const { faults } = state;
      const spots = [`${method} ${kind}`, `* ${kind}`, `${method} *`, '* *'];
      const spot = spots.find((name) => name in faults) as keyof Faults | undefined;
      const honest = (): Promise<Reply> => answer(exchange, kind, state);
      const fault = spot === undefined ? undefined : faults[spot];
      const said = await (fault === undefined ? honest() : fault(exchange, honest));
      if (said !== undefined) send(exchange, said);
    },
    options,
  );
  return Object.assign(state, server, {
    seen: () => server.requests.map((log) => `${log.method} ${kindOf({ log }, state)}`),
  });
}

interface State {
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, StoredManifest>;
  readonly uploads: Map<string, Buffer>;
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly tokens: Tokens;
  faults: Faults;
}

async function contentsOf(graph: TestGraph): Promise<Pick<State, 'blobs' | 'manifests'>> {
  const blobs = new Map<string, Buffer>();
  for (const [digest, content] of graph.blobs) blobs.set(digest, await buffer(content.open()));
  const manifests = new Map<string, StoredManifest>();
  for (const { descriptor, bytes } of graph.manifests.values()) {
    manifests.set(descriptor.digest, { type: descriptor.mediaType, bytes });
  }
  const { descriptor, bytes } = graph;
  manifests.set('1', { type: descriptor.mediaType, bytes });
  return { blobs, manifests };
}

/** Every blob by what it is; the largest one is the layer. */
function kindsOf(graph: TestGraph): ReadonlyMap<string, Kind> {
  const kinds = new Map<string, Kind>();
  const largest = Math.max(...[...graph.blobs.values()].map(({ size }) => size));
  for (const { digest, size } of graph.blobs.values()) kinds.set(digest, size === largest ? 'layer' : 'base');
  for (const { bytes } of graph.manifests.values()) {
    const digest: unknown = JSON.parse(bytes.toString()).config?.digest;
    if (typeof digest === 'string') kinds.set(digest, 'config');
  }
  return kinds;
}

function kindOf({ log }: Pick<Exchange, 'log'>, { kinds }: Pick<State, 'kinds'>): Kind {
  if (/^\/token\b/.test(log.path)) return 'token';
  if (log.path.includes('/blobs/uploads/')) return 'upload';
  if (log.path.includes('/manifests/')) return 'manifest';
  if (log.path.includes('/tags/')) return 'tags';
  return log.path.includes('/blobs/') ? (kinds.get(nameOf(log.path)) ?? 'base') : 'ping';
}

/** The last part of the path. */
function nameOf(path: string): string {
  return decodeURIComponent(path.replace(/\?.*$/s, '').replace(/^.*\//s, ''));
}

async function answer(exchange: Exchange, kind: Kind, state: State): Promise<Reply> {
  if (kind === 'token') return state.tokens.answer(exchange);
  const refused = authorize(exchange, state.tokens);
  if (refused !== undefined) return refused;
  const name = nameOf(exchange.log.path);
  if (kind === 'ping') return { status: 200, body: {} };
  if (kind === 'tags') return { status: 200, body: { name: 'app', tags: tagsOf(state) } };
  if (kind === 'upload') return answerUpload(exchange, state, name);
  if (kind !== 'manifest') return answerBlob(exchange, state, name);
  return exchange.log.method === 'PUT' ? putManifest(exchange, state, name) : getManifest(state, name);
}

function tagsOf({ manifests }: State): readonly string[] {
  return [...manifests.keys()].filter((name) => !name.includes(':'));
}

function getManifest({ manifests }: State, name: string): Reply {
  const found = manifests.get(name);
  if (found === undefined) return refusal(404, 'MANIFEST_UNKNOWN');
  const headers = { 'content-type': found.type, 'docker-content-digest': sha256(found.bytes) };
  return { status: 200, headers, body: found.bytes };
}

async function putManifest({ request }: Exchange, state: State, name: string): Promise<Reply> {
  const bytes = await buffer(request);
  const digest = sha256(bytes);
  const named = bytes.toString().match(/sha256:[0-9a-f]{64}/g) ?? [];
  const missing = named.find((child) => !state.blobs.has(child) && !state.manifests.has(child));
  if (missing !== undefined) return refusal(400, 'MANIFEST_BLOB_UNKNOWN');
  if (name.includes(':') && name !== digest) return refusal(400, 'DIGEST_INVALID');
  const stored = { type: request.headers['content-type'] ?? '', bytes };
  state.manifests.set(digest, stored).set(name, stored);
  return {
    status: 201,
    headers: { location: `/v2/app/manifests/${digest}`, 'docker-content-digest': digest },
  };
}

function answerBlob({ request }: Exchange, { blobs }: State, digest: string): Reply {
  const bytes = blobs.get(digest);
  if (bytes === undefined) return refusal(404, 'BLOB_UNKNOWN');
  const headers = { 'content-type': 'application/octet-stream', 'docker-content-digest': digest };
  const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  if (from === undefined) return { status: 200, headers, body: bytes };
  const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
  return { status: 206, headers: { ...headers, 'content-range': range }, body: bytes.subarray(Number(from)) };
}

async function answerUpload(exchange: Exchange, { blobs, uploads }: State, id: string): Promise<Reply> {
  const { request, url, log } = exchange;
  const headersOf = (bytes: Buffer, session = id): Record<string, string> => ({
    location: `${url.pathname.replace(/[^/]*$/, '')}${session}`,
    range: `0-${Math.max(0, bytes.length - 1)}`,
  });
  if (log.method === 'POST') {
    const session = randomUUID();
    uploads.set(session, Buffer.alloc(0));
    return { status: 202, headers: headersOf(Buffer.alloc(0), session) };
  }
  const held = uploads.get(id);
  if (held === undefined) return refusal(404, 'BLOB_UPLOAD_UNKNOWN');
  if (log.method === 'DELETE') return { status: uploads.delete(id) ? 204 : 404 };
  if (log.method === 'GET') return { status: 204, headers: headersOf(held) };
  const bytes = Buffer.concat([held, await buffer(request)]);
  uploads.set(id, bytes);
  if (log.method === 'PATCH') return { status: 202, headers: headersOf(bytes) };
  const digest = url.searchParams.get('digest') ?? '';
  if (sha256(bytes) !== digest) return refusal(400, 'DIGEST_INVALID');
  blobs.set(digest, bytes);
  uploads.delete(id);
  return { status: 201, headers: { location: `/v2/app/blobs/${digest}`, 'docker-content-digest': digest } };
}
