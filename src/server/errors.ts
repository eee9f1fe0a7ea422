/** What is refused, in the words of distribution-spec 1.1, "Error Codes". */

import { RegError, type ErrorCode } from '../errors.js';
import { cleanText } from '../spec/text.js';
import { jsonReply, type Reply } from './reply.js';

/** The specification's codes, with the status that each has unless a handler says otherwise. */
const STATUS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
} as const;

type WireCode = keyof typeof STATUS;

/** What the client did wrong when the store, or a parser, throws one of these. */
const CLIENT_FAULTS: Partial<Readonly<Record<ErrorCode, WireCode>>> = {
  INCOMPLETE: 'MANIFEST_BLOB_UNKNOWN',
  // It was there when the request began, and another one, or a prune, has removed it.
  NOT_FOUND: 'BLOB_UNKNOWN',
  INVALID_DIGEST: 'DIGEST_INVALID',
  DIGEST_MISMATCH: 'DIGEST_INVALID',
  SIZE_MISMATCH: 'SIZE_INVALID',
  INVALID_MANIFEST: 'MANIFEST_INVALID',
  UNSUPPORTED: 'MANIFEST_INVALID',
  INVALID_REFERENCE: 'NAME_INVALID',
};

/** What the registry behind a cache did. It is asked with the logins of this machine: those of the client do not matter. */
const UPSTREAM_FAULTS: Partial<Readonly<Record<ErrorCode, WireCode>>> = {
  NOT_FOUND: 'MANIFEST_UNKNOWN',
  UNAUTHORIZED: 'DENIED',
  DENIED: 'DENIED',
  RATE_LIMITED: 'TOOMANYREQUESTS',
};

/** A refusal with its usual status, or with that of `reply`. */
export function refuse(code: WireCode, message: string, reply: Omit<Partial<Reply>, 'body'> = {}): Reply {
  return jsonReply({ errors: [{ code, message: cleanText(message) }] }, { status: STATUS[code], ...reply });
}

/**
 * The refusal that an error thrown on the way stands for. What is no fault of the client's says no more than that
 * the server failed: paths and causes are for the log.
 */
export function refusalOf(error: unknown): Reply {
  const code = error instanceof RegError ? error.code : undefined;
  if (error instanceof RegError && isUpstream(error)) return refusalOfUpstream(error);
  const fault = code === undefined ? undefined : CLIENT_FAULTS[code];
  if (error instanceof RegError && fault !== undefined) return refuse(fault, error.message);
  if (code === 'TOO_LARGE') return refuse('MANIFEST_INVALID', 'the manifest is too large', { status: 413 });
  if (code === 'DISK_FULL') return failure(507, 'the disk of the registry is full');
  if (code === 'STORE_LOCKED') return failure(503, 'the store is busy; try again');
  return failure(500, 'the registry failed; its log says why');
}

/** The disk of the cache itself may be what failed. */
function isUpstream({ code, context }: RegError): boolean {
  return context.side === 'source' && !/^(?:DISK|STORE)_/.test(code);
}

/** Programs and files of this machine are named by their paths. */
const OWN_FAULTS: ReadonlySet<ErrorCode> = new Set(['CREDENTIALS_UNAVAILABLE', 'INVALID_CONFIG']);

function refusalOfUpstream({ code, message, context }: RegError): Reply {
  if (OWN_FAULTS.has(code)) return failure(502, 'the cache cannot ask that registry; its log says why');
  const fault = UPSTREAM_FAULTS[code];
  if (fault === undefined) return failure(code === 'TIMEOUT' ? 504 : 502, cleanText(message));
  const { retryAfterMs } = context;
  const headers = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
  return refuse(fault, message, { headers });
}

/** The specification has no code for failures of the server; UNKNOWN is what distribution says. */
function failure(status: number, message: string): Reply {
  return jsonReply({ errors: [{ code: 'UNKNOWN', message }] }, { status });
}
