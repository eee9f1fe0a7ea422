/**
 * The local store as a registry (`reg serve`): the whole of distribution-spec 1.1 over node:http.
 *
 *     docker, podman, ──HTTP──▶ router ──▶ manifests ──▶ Repository ─┐   names, graphs
 *     skopeo, reg                  ├─────▶ tags, referrers ──▶ " ────┤
 *                                  ├─────▶ blobs ────────────────────┼──▶ Layout
 *                                  └─────▶ uploads ──▶ sessions ─────┘   bytes
 *
 *                  cache/ ◀───────┘   instead of them all, where other registries are served
 *
 * A handler takes a `Call` and returns a `Reply`; it sees neither socket nor response. All state but open uploads is
 * in the store, so what `reg pull nginx` brought is there to be pulled as `HOST/nginx`, and what is pushed here shows
 * in `reg images`.
 */

import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerOptions as ServerSettings,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';

import type { Clock } from '../content/retry.js';
import { RegError } from '../errors.js';
import type { Layout } from '../layout/layout.js';
import { cleanText, quoteText } from '../spec/text.js';
import { createCache, type CacheOptions } from './cache/cache.js';
import { exchange, type LogEntry } from './exchange.js';
import { Graph } from './graph.js';
import type { Accounts } from './htpasswd.js';
import { UploadSessions } from './upload-sessions.js';

export type { LogEntry };

/** Longest time for the headers of a request unless told otherwise, in milliseconds. */
const HEADERS_MS = 30_000;

/** Largest headers of a request, in bytes. */
const MAX_HEADERS = 32 * 1024;

/** How long an idle connection is kept for the next request, in milliseconds: longer than clients keep theirs. */
const KEEP_ALIVE_MS = 120_000;

/** How long `close` waits for the requests under way unless told otherwise, in milliseconds. */
export const GRACE_MS = 5000;

/** How often it is looked whether somebody takes too long over the headers, in milliseconds. */
const CHECK_MS = 5000;

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'permission denied',
  ENOTFOUND: 'there is no such host',
};

/** A certificate, with those that vouch for it, and its private key; both PEM. */
interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface ServerOptions {
  /** Stays open when the server closes. */
  readonly layout: Layout;
  readonly clock: Clock;
  /** Refuses whatever would change the store. Default false. */
  readonly readOnly?: boolean | undefined;
  /** Serves other registries, whose images are fetched into the store as they are asked for; nothing is pushed then. */
  readonly cacheOf?: CacheOptions | undefined;
  /** Speaks https with them. Default: http. */
  readonly tls?: KeyPair | undefined;
  /** Who may come in. Default: everybody. */
  readonly accounts?: Accounts | undefined;
  /** Called once a request, when it is over. */
  readonly log?: ((entry: LogEntry) => void) | undefined;
  /** How long a connection may stand still within a request, in milliseconds; default 5 minutes. */
  readonly idleTimeoutMs?: number | undefined;
  /** How long the headers of a request may take, in milliseconds; default 30 seconds. */
  readonly headersTimeoutMs?: number | undefined;
  /** How long requests under way may take once the server closes, in milliseconds; default 5 seconds. */
  readonly graceMs?: number | undefined;
  /** Largest blob that is taken, in bytes. Default: any. */
  readonly maxBlobSize?: number | undefined;
}

export interface RegistryServer {
  /** Port 0 takes a free one. Throws INVALID_ARGUMENT when it can't listen there, and what a store throws that can't be one. */
  listen(host: string, port: number): Promise<{ readonly url: string; readonly port: number }>;
  /** How many requests are under way. */
  readonly running: number;
  /** Takes no more requests, gives those under way some time to end, and calls open uploads off. */
  close(): Promise<void>;
}

/** A registry over `layout`; it listens nowhere yet. Throws INVALID_CONFIG for a certificate that can't be used. */
export function createServer({
  layout,
  clock,
  log,
  accounts,
  tls,
  cacheOf,
  ...options
}: ServerOptions): RegistryServer {
  const uploads = new UploadSessions(layout, clock);
  const cache = cacheOf && createCache(cacheOf, { store: layout, clock });
  const service = {
    store: layout,
    graph: new Graph(layout),
    uploads,
    readOnly: options.readOnly === true || cache !== undefined,
    maxBlobSize: options.maxBlobSize ?? Infinity,
    accounts,
    cache,
  };
  const { headersTimeoutMs = HEADERS_MS, graceMs = GRACE_MS } = options;
  const settings = {
    maxHeaderSize: MAX_HEADERS,
    headersTimeout: headersTimeoutMs,
    connectionsCheckingInterval: Math.min(headersTimeoutMs, CHECK_MS),
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A layer takes as long as it takes; only standing still has a limit.
    requestTimeout: 0,
  };
  const server = tls === undefined ? createHttpServer(settings) : createSecureServer(settings, tls);
  server.timeout = options.idleTimeoutMs ?? 300_000;
  let running = 0;
  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // Once the server is closing, a connection has nothing to wait for.
    response.once('close', () => server.listening || server.closeIdleConnections());
    running += 1;
    // Not as the argument itself: without a log that would not even be evaluated.
    const entry = await exchange(request, response, { service, clock });
    running -= 1;
    log?.(entry);
  };
  server.on('request', (request, response) => void onRequest(request, response));
  server.on('checkContinue', (request, response) => void onRequest(request, response));
  // A connection that could not be accepted (too many open files) is lost to its client only.
  server.on('error', () => {});
  return {
    async listen(host, port) {
      if (cache !== undefined) await layout.prepare();
      return listen(server, { host, port, scheme: tls === undefined ? 'http' : 'https' });
    },
    get running() {
      return running;
    },
    async close() {
      await closeServer(server, { clock, graceMs });
      await Promise.all([uploads.close(), cache?.flights.close()]);
    },
  };
}

function createSecureServer(settings: ServerSettings, tls: KeyPair): Server {
  try {
    return createHttpsServer({ ...settings, ...tls });
  } catch (cause) {
    const reason = cause instanceof Error ? cleanText(cause.message) : '';
    throw new RegError('INVALID_CONFIG', `cannot use the certificate and its key: ${reason}`, {
      hint: 'Both have to be PEM files that belong together, the key without a password.',
      cause,
    });
  }
}

async function listen(
  server: Server,
  { host, port, scheme }: { readonly host: string; readonly port: number; readonly scheme: string },
): Promise<{ readonly url: string; readonly port: number }> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const reason = REASONS[code] ?? cleanText(String(cause));
    const hint = 'Choose another address, or port 0 for a free one.';
    throw new RegError('INVALID_ARGUMENT', `cannot listen on ${quoteText(host)} port ${port}: ${reason}`, {
      hint,
      cause,
    });
  }
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return { url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${taken}`, port: taken };
}

async function closeServer(
  server: Server,
  { clock, graceMs }: { readonly clock: Clock; readonly graceMs: number },
): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  // Idle connections are closed with it.
  server.close();
  const patience = new AbortController();
  const forced = clock.sleep(graceMs, patience.signal).then(
    () => server.closeAllConnections(),
    // All requests have ended in time.
    () => {},
  );
  await closed;
  patience.abort();
  await forced;
}
