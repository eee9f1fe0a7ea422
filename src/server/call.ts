/** One request, as the handlers see it. */

import type { IncomingHttpHeaders } from 'node:http';

import { RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import type { Cache } from './cache/cache.js';
import type { Accounts } from './htpasswd.js';
import type { Repository, StoreView } from './repository.js';
import type { Reply } from './reply.js';
import type { UploadSessions } from './upload-sessions.js';

/** What lives as long as the server. */
export interface Service extends StoreView {
  readonly uploads: UploadSessions;
  /** Refuses whatever would change the store. */
  readonly readOnly: boolean;
  /** Largest blob that is taken, in bytes. */
  readonly maxBlobSize: number;
  /** Who may come in; without it everybody may. */
  readonly accounts: Accounts | undefined;
  /** What stands before other registries; without it the store alone is served. */
  readonly cache: Cache | undefined;
}

export interface Call extends Service {
  readonly repository: Repository;
  /** Tag, digest or upload, as it stands in the path; empty where the path has none. */
  readonly reference: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: RequestBody;
}

/** The body of the request, to be read at most once. Breaks when the client hangs up. */
export interface RequestBody extends AsyncIterable<Uint8Array> {
  /** Breaks the connection, so that whoever reads the body comes to an end. */
  abort(): void;
}

export type Handler = (call: Call) => Promise<Reply>;

/** The whole body. Throws TOO_LARGE past `cap` bytes. */
export async function readBody({ body, headers }: Call, cap: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (Number(headers['content-length'] ?? 0) > cap) throw tooLarge(cap);
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > cap) throw tooLarge(cap);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(cap: number): RegError {
  return new RegError('TOO_LARGE', `the body has more than ${cap} bytes`);
}

export type ContentHeaders = Readonly<Record<'content-type' | 'docker-content-digest' | 'etag', string>>;

/** What identifies bytes in an answer. */
export function contentHeaders({ digest, mediaType }: Descriptor): ContentHeaders {
  return { 'content-type': mediaType, 'docker-content-digest': digest, etag: `"${digest}"` };
}

/** Whether the client said that it has these bytes already (RFC 9110, 13.1.2). */
export function isKnownToClient({ headers }: Call, { digest }: Descriptor): boolean {
  const tags = (headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(`"${digest}"`);
}
