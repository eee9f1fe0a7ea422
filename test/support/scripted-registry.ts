import { createHash, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';

import { reply, startHttpServer, type Exchange, type HttpServer } from './http-server.js';
import type { Scope } from './temp.js';

/** Answers a request in its own way; `behave` is what a good registry does. */
export type Quirk = (exchange: Exchange, behave: () => Promise<void>) => Promise<void> | void;

export interface ScriptedRegistry extends HttpServer {
  /** By digest; all repositories share them. */
  readonly blobs: Map<string, Buffer>;
  /** By digest and by tag. */
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  /** Blobs of other repositories, by digest. */
  readonly mountable: Map<string, Buffer>;
  /** Uploads under way: what arrived, by session. */
  readonly sessions: Map<string, Buffer>;
  /** Misbehaves, from now on or so many times, where `METHOD path` fits; the first quirk that fits is taken. */
  quirk(pattern: RegExp, quirk: Quirk, options?: { readonly times?: number }): void;
  /** `METHOD path` of all requests so far but those for `/v2/`, with a star for the id of a session. */
  seen(): readonly string[];
}

interface Rule {
  readonly pattern: RegExp;
  readonly quirk: Quirk;
  times: number;
}

/** Starts a small registry in memory that behaves well, but for the quirks that a test gives it. */
export async function startScriptedRegistry(scope: Scope): Promise<ScriptedRegistry> {
  const rules: Rule[] = [];
  const state = {
    blobs: new Map<string, Buffer>(),
    manifests: new Map<string, { readonly type: string; readonly bytes: Buffer }>(),
    mountable: new Map<string, Buffer>(),
    sessions: new Map<string, Buffer>(),
  };
  const server = await startHttpServer(scope, async (exchange) => {
    const line = `${exchange.log.method} ${exchange.log.path}`;
    const rule = rules.find(({ pattern, times }) => times > 0 && pattern.test(line));
    const behave = (): Promise<void> => answer(exchange, state);
    if (rule === undefined) return behave();
    rule.times -= 1;
    await rule.quirk(exchange, behave);
  });
  return Object.assign(server, {
    ...state,
    quirk: (pattern: RegExp, quirk: Quirk, { times = Infinity }: { readonly times?: number } = {}) => {
      rules.push({ pattern, quirk, times });
    },
    seen: () =>
      server.requests
        .filter(({ path }) => path !== '/v2/')
        .map(({ method, path }) => `${method} ${path.replace(/uploads\/[0-9a-f-]{36}/, 'uploads/*')}`),
  });
}

type State = Pick<ScriptedRegistry, 'blobs' | 'manifests' | 'mountable' | 'sessions'>;

async function answer(exchange: Exchange, state: State): Promise<void> {
  const [, kind = '', name = ''] =
    /\/(manifests|blobs\/uploads|blobs|tags)\/([^?]*)/.exec(exchange.log.path) ?? [];
  if (kind === 'manifests') return answerManifest(exchange, state, decodeURIComponent(name));
  if (kind === 'blobs') return answerBlob(exchange, state, name);
  if (kind === 'blobs/uploads') return answerUpload(exchange, state, name);
  const tags = [...state.manifests.keys()].filter((key) => !key.includes(':'));
  reply(exchange, 200, { body: { name: 'app', tags } });
}

async function answerManifest(exchange: Exchange, { manifests, blobs }: State, name: string): Promise<void> {
  if (exchange.log.method === 'PUT') {
    const bytes = await buffer(exchange.request);
    const type = exchange.request.headers['content-type'] ?? '';
    const digest = name.startsWith('sha512:') ? digestOf(bytes, 'sha512') : digestOf(bytes);
    const known = new Set([...blobs.keys(), ...manifests.keys()]);
    const missing = [...bytes.toString().matchAll(/sha256:[0-9a-f]{64}/g)].find(
      ([child]) => !known.has(child),
    );
    if (missing !== undefined) return refuse(exchange, 400, 'MANIFEST_BLOB_UNKNOWN');
    if (name.includes(':') && name !== digest) return refuse(exchange, 400, 'DIGEST_INVALID');
    manifests.set(digest, { type, bytes }).set(name, { type, bytes });
    return reply(exchange, 201, { headers: { 'docker-content-digest': digest } });
  }
  const found = manifests.get(name);
  if (found === undefined) return refuse(exchange, 404, 'MANIFEST_UNKNOWN');
  const headers = { 'content-type': found.type, 'docker-content-digest': digestOf(found.bytes) };
  reply(exchange, 200, { headers, body: found.bytes });
}

function answerBlob(exchange: Exchange, { blobs }: State, digest: string): void {
  const bytes = blobs.get(digest);
  if (bytes === undefined) return refuse(exchange, 404, 'BLOB_UNKNOWN');
  replyInParts(exchange, bytes);
}

/** Answers with `bytes`, or with the one range of them that is asked for. */
export function replyInParts(exchange: Exchange, bytes: Buffer): void {
  const [, from, last] = /^bytes=(\d+)-(\d*)$/.exec(exchange.request.headers.range ?? '') ?? [];
  if (from === undefined) return reply(exchange, 200, { body: bytes });
  const to = last === '' ? bytes.length : Number(last) + 1;
  const headers = { 'content-range': `bytes ${from}-${to - 1}/${bytes.length}` };
  reply(exchange, 206, { headers, body: bytes.subarray(Number(from), to) });
}

async function answerUpload(exchange: Exchange, state: State, id: string): Promise<void> {
  const { method } = exchange.log;
  if (method === 'POST') return beginUpload(exchange, state);
  const held = state.sessions.get(id);
  if (held === undefined) return refuse(exchange, 404, 'BLOB_UPLOAD_UNKNOWN');
  const headers = { location: exchange.log.path.replace(/[?&]digest=.*/, '') };
  if (method === 'DELETE') return void (state.sessions.delete(id) && reply(exchange, 204));
  if (method === 'GET') return reply(exchange, 204, { headers: { ...headers, range: rangeOf(held) } });
  const start = /^(\d+)-/.exec(exchange.request.headers['content-range'] ?? '')?.[1];
  if (start !== undefined && Number(start) !== held.length) return refuse(exchange, 416, 'RANGE_INVALID');
  const all = await receive(exchange, (bytes) => state.sessions.set(id, Buffer.concat([held, bytes])));
  if (method === 'PATCH') return reply(exchange, 202, { headers: { ...headers, range: rangeOf(all(held)) } });
  commit(exchange, state, id);
}

function beginUpload(exchange: Exchange, { blobs, mountable, sessions }: State): void {
  const digest = exchange.url.searchParams.get('mount') ?? '';
  const bytes = mountable.get(digest);
  if (bytes !== undefined) {
    blobs.set(digest, bytes);
    return reply(exchange, 201, { headers: { 'docker-content-digest': digest } });
  }
  const id = randomUUID();
  sessions.set(id, Buffer.alloc(0));
  reply(exchange, 202, { headers: { location: `${exchange.url.pathname}${id}?_state=a%2Fb%3D%3D` } });
}

function commit(exchange: Exchange, { blobs, sessions }: State, id: string): void {
  const digest = exchange.url.searchParams.get('digest') ?? '';
  const bytes = sessions.get(id) ?? Buffer.alloc(0);
  if (digestOf(bytes, digest.split(':')[0]) !== digest) return refuse(exchange, 400, 'DIGEST_INVALID');
  sessions.delete(id);
  blobs.set(digest, bytes);
  reply(exchange, 201, { headers: { 'docker-content-digest': digest } });
}

/** Keeps what comes as it comes, so that an upload that breaks leaves what has arrived. */
async function receive(
  { request, log }: Exchange,
  keep: (bytes: Buffer) => void,
): Promise<(held: Buffer) => Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    log.requestBytes += (chunk as Buffer).length;
    keep(Buffer.concat(chunks));
  }
  return (held) => Buffer.concat([held, ...chunks]);
}

/** As distribution writes it: of nothing it says the same as of one byte. */
function rangeOf(bytes: Buffer): string {
  return `0-${Math.max(0, bytes.length - 1)}`;
}

/** Answers with an error as registries word it (distribution-spec 1.1, "Error Codes"). */
export function refuse(exchange: Exchange, status: number, code: string): void {
  reply(exchange, status, { body: { errors: [{ code, message: code.toLowerCase() }] } });
}

function digestOf(bytes: Buffer, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
