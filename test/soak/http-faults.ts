/** Answers wrongly at random, as registries and what stands before them do. */
import type { OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { forward } from '../support/forward.js';
import { reply } from '../support/http-server.js';
import type { Exchange } from '../support/http-server.js';
import type { TestContent } from '../support/contents.js';
import type { Random } from './random.js';
import type { Tally } from './tally.js';

export interface HttpFaultOptions {
  readonly random: Random;
  readonly tally: Tally;
  /** Everything that was ever made, by digest. */
  readonly contents: ReadonlyMap<string, TestContent>;
  /** Where the honest answers come from. */
  readonly origin: string;
  /** A URL at another origin with these bytes. */
  readonly elsewhere: (digest: string) => string;
  readonly isOn: () => boolean;
}

/** Share of requests that are answered wrongly. */
const SHARE = 0.2;

type Details = HttpFaultOptions & { readonly digest: string };
type Misdeed = (exchange: Exchange, details: Details) => Promise<void> | void;

/** What may become of any request. */
const ANY: Readonly<Record<string, Misdeed>> = {
  'late answer': async (exchange, { random, origin }) => {
    await sleep(random.between(50, 800));
    await forward(exchange, origin);
  },
  'hang-up': ({ response }) => void response.destroy(),
  '500': (exchange) => refuse(exchange, 500),
  '502 as HTML': (exchange) => refuse(exchange, 502, { 'content-type': 'text/html' }),
  '503 with Retry-After': (exchange, { random }) =>
    refuse(exchange, 503, { 'retry-after': `${random.between(0, 2)}` }),
  '429 with Retry-After': (exchange, { random }) =>
    refuse(exchange, 429, { 'retry-after': `${random.between(0, 2)}` }),
};

/** What may become of the request for a blob. */
const BLOB: Readonly<Record<string, Misdeed>> = {
  redirect: (exchange, { digest, elsewhere }) =>
    reply(exchange, 307, { headers: { location: elsewhere(digest) } }),
  'short body': async ({ response }, details) => {
    const bytes = await bytesOf(details);
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, details.random.between(0, bytes.length - 1)), () => response.destroy());
  },
};

/** The same, once for each blob: once is an accident, for ever would be a lost blob. */
const BLOB_ONCE: Readonly<Record<string, Misdeed>> = {
  'wrong bytes': async (exchange, details) => {
    const bytes = await bytesOf(details);
    const at = details.random.between(0, bytes.length - 1);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
    reply(exchange, 200, { body: bytes });
  },
  'long body': async ({ response }, details) => {
    // Without a length, which would give it away.
    response.end(Buffer.concat([await bytesOf(details), Buffer.from('more')]));
  },
};

/** What may become of the request for the rest of a blob. */
const REST: Readonly<Record<string, Misdeed>> = {
  'Range ignored': (exchange, { origin }) => forward(exchange, origin, { headers: { range: undefined } }),
};

/** An `intercept` for a logging proxy. */
export function createHttpFaults(options: HttpFaultOptions): (exchange: Exchange) => Promise<boolean> {
  const { random, tally, isOn } = options;
  const wronged = new Set<string>();
  return async (exchange) => {
    if (!isOn() || random() >= SHARE) return false;
    const { method, path, headers } = exchange.log;
    const digest = method === 'GET' ? /\/blobs\/(sha256:[0-9a-f]{64})$/.exec(path)?.[1] : undefined;
    const misdeeds = {
      ...ANY,
      ...(digest !== undefined && BLOB),
      ...(digest !== undefined && !wronged.has(digest) && BLOB_ONCE),
      ...(digest !== undefined && headers.range !== undefined && REST),
    };
    const [kind, misbehave] = random.pick(Object.entries(misdeeds));
    if (digest !== undefined && kind in BLOB_ONCE) wronged.add(digest);
    tally.add(kind);
    await misbehave(exchange, { ...options, digest: digest ?? '' });
    return true;
  };
}

function refuse(exchange: Exchange, status: number, headers: OutgoingHttpHeaders = {}): void {
  exchange.request.resume();
  reply(exchange, status, { headers, body: '<html><h1>Something is wrong</h1></html>' });
}

async function bytesOf({ contents, digest }: Details): Promise<Buffer> {
  const content = contents.get(digest);
  if (content === undefined) throw new Error(`Nobody made ${digest}, and yet it is asked for.`);
  return buffer(Readable.from(content.open()));
}
