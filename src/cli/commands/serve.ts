/** `reg serve` */

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';

import { thenRelease } from '../../content/release.js';
import { systemClock } from '../../content/system-clock.js';
import { onDisk } from '../../disk/files.js';
import { hasCode, RegError } from '../../errors.js';
import { isLoopback } from '../../registry/net/addresses.js';
import { parseHtpasswd } from '../../server/htpasswd.js';
import { createServer, GRACE_MS, type LogEntry, type ServerOptions } from '../../server/server.js';
import { parseReference } from '../../spec/reference.js';
import { quoteText } from '../../spec/text.js';
import { formatBytes } from '../units/bytes.js';
import type { Context } from '../context.js';
import { formatDuration } from '../units/duration.js';
import { createOutput } from '../output/output.js';

/** How long a push may take to name what it has brought, in milliseconds: then a prune may free it. */
const PUSH_LIFE_MS = 24 * 60 * 60 * 1000;

interface ServeFlags {
  readonly listen: string;
  readonly readOnly?: true;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly auth?: string;
  readonly log: 'plain' | 'json' | 'none';
  readonly proxyOf?: readonly string[];
  readonly freshFor?: number;
  readonly maxBlobSize?: number;
  readonly grace?: number;
}

export async function run(context: Context<ServeFlags>): Promise<void> {
  const { flags, output, progress, signal, allow, store } = context;
  const { grace: graceMs = GRACE_MS, readOnly, maxBlobSize } = flags;
  const { host, port } = parseAddress(flags.listen);
  if (flags.freshFor !== undefined && flags.proxyOf === undefined)
    throw new RegError('INVALID_ARGUMENT', '--fresh-for is for a cache', {
      hint: 'Name what it is a cache of with --proxy-of.',
    });
  const [tls, accounts] = await Promise.all([readKeyPair(flags), readAccounts(flags)]);
  if (accounts !== undefined && tls === undefined && !isLoopback(host)) {
    const message = 'logins come over plain http, where others can read them: give --tls-cert and --tls-key';
    progress.notice({ type: 'warning', message });
  }
  const layout = await store({ unnamedLifeMs: PUSH_LIFE_MS });
  const cacheOf = await cacheOptions(context);
  const options = {
    layout,
    clock: systemClock,
    readOnly,
    maxBlobSize,
    graceMs,
    cacheOf,
    tls,
    accounts,
    log: logger(context),
  };
  const server = createServer(options);
  const serve = async (): Promise<void> => {
    const { url } = await server.listen(host, port);
    output.line(`Serving ${whatIsServed(flags)} at ${url} (Ctrl-C stops it)`);
    allow(graceMs);
    if (!signal.aborted) await once(signal, 'abort');
    const { running } = server;
    if (running > 0) progress.notice({ type: 'wait', message: waitFor(running, graceMs) });
  };
  await thenRelease(
    serve,
    () => server.close(),
    async () => cacheOf?.client.close(),
  );
}

function waitFor(running: number, graceMs: number): string {
  const requests = running === 1 ? 'a request' : `${running} requests`;
  return `waiting up to ${formatDuration(graceMs)} for ${requests} under way; a second signal ends them`;
}

function whatIsServed({ proxyOf, readOnly }: ServeFlags): string {
  if (proxyOf !== undefined) return `a cache of ${proxyOf.join(', ')}`;
  return readOnly ? 'the local store, read-only,' : 'the local store';
}

/**
 * A mirror that the files of this machine name may be this very cache: only those that are named with the command are
 * asked.
 */
async function cacheOptions(context: Context<ServeFlags>) {
  const { flags } = context;
  const [first, ...others] = (flags.proxyOf ?? []).map(parseHost);
  if (first === undefined) return undefined;
  const { openClient } = await import('../open/connection.js');
  const client = await openClient({ ...context, flags: { mirror: ['none'], ...flags } }, [first, ...others]);
  return { hosts: [first, ...others] as const, client, freshForMs: flags.freshFor };
}

/** Reads the host of a registry, as references have it. Throws INVALID_ARGUMENT. */
function parseHost(text: string): string {
  try {
    const { domain, path } = parseReference(`${text}/x`);
    if (path === 'x' || path === 'library/x') return domain;
  } catch (error) {
    if (!hasCode(error, 'INVALID_REFERENCE')) throw error;
  }
  throw new RegError('INVALID_ARGUMENT', `invalid --proxy-of ${quoteText(text)}`, {
    hint: 'Write the host of a registry, such as docker.io or registry.local:5000.',
  });
}

/** Reads `HOST:PORT` or `[IPV6]:PORT`; a port alone is one of this machine. Throws INVALID_ARGUMENT. */
function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const [, six, four = '', digits = ''] = /^(?:(?:\[([^\]]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535 || (six !== undefined && !isIPv6(six))) {
    throw new RegError('INVALID_ARGUMENT', `invalid --listen ${quoteText(text)}`, {
      hint: 'Write HOST:PORT, such as 127.0.0.1:5000 or 0.0.0.0:5000.',
    });
  }
  return { host: six ?? (four === '' ? '127.0.0.1' : four), port };
}

async function readKeyPair({ tlsCert, tlsKey }: ServeFlags): Promise<ServerOptions['tls']> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    const missing = tlsCert === undefined ? '--tls-cert' : '--tls-key';
    throw new RegError('INVALID_ARGUMENT', `${missing} is missing: a certificate and its key go together`);
  }
  const [cert, key] = await Promise.all([readText(tlsCert), readText(tlsKey)]);
  return { cert, key };
}

async function readAccounts({ auth }: ServeFlags): Promise<ServerOptions['accounts']> {
  if (auth === undefined) return undefined;
  const [, file] = /^htpasswd:(.+)$/s.exec(auth) ?? [];
  if (file === undefined) {
    const hint = 'Write htpasswd:FILE.';
    throw new RegError('INVALID_ARGUMENT', `invalid --auth ${quoteText(auth)}`, { hint });
  }
  return parseHtpasswd(await readText(file), quoteText(file));
}

function readText(path: string): Promise<string> {
  return onDisk({ verb: 'read', path }, () => readFile(path, 'utf8'));
}

/** One line a request on the standard error. */
function logger({ flags, io }: Context<ServeFlags>): ServerOptions['log'] {
  if (flags.log === 'none') return undefined;
  const { result } = createOutput(io.stderr, { json: flags.log === 'json' });
  return (entry) => result({ time: new Date().toISOString(), ...entry }, { human: () => describe(entry) });
}

function describe({ method, path, status, received, sent, durationMs, problem }: LogEntry): string {
  const moved = `in ${formatBytes(received)}, out ${formatBytes(sent)}, ${Math.round(durationMs)} ms`;
  return `${method} ${path} ${status} (${moved})${problem === undefined ? '' : `: ${problem}`}`;
}
