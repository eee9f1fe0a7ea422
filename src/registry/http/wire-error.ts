/** The one table from a registry's refusals, whatever form they come in, to our errors. */

import { STATUS_CODES } from 'node:http';

import { RegError, type ErrorCode, type WireError } from '../../errors.js';
import { isObject, tryParseJson } from '../../spec/json.js';
import type { HttpRequest } from './http.js';
import { formatUrl } from '../origin.js';
import { parseRetryAfter } from './retry-after.js';
import type { Answer } from '../transport.js';
import { wireHint } from './wire-hint.js';

export interface WireErrorOptions {
  readonly method: HttpRequest['method'];
  /** Makes text from outside safe to print. */
  readonly clean: (text: string) => string;
}

/** Most of an error's body that is read, in bytes. */
const MAX_BODY = 64 * 1024;
/** Most errors of one answer that are shown. */
const MAX_SHOWN = 3;

/** What `answer`, which nobody wanted, means. Reads its body. */
export async function wireError(answer: Answer, { method, clean }: WireErrorOptions): Promise<RegError> {
  const { status, url } = answer;
  const text = method === 'HEAD' ? await answer.discard().then(() => '') : await readSome(answer);
  const isPage = isHtml(answer, text);
  const wireErrors = isPage ? [] : parseErrors(text, clean);
  const retryAfterMs = parseRetryAfter(answer.header('retry-after'), answer.header('date'));
  const said = isPage ? 'with a web page, which is not a registry answer' : describe(wireErrors);
  const code = codeFor({ status, method, wireErrors, isManifest: url.pathname.includes('/manifests/') });
  return new RegError(
    code,
    [`${url.host} answered ${formatStatus(status)}`, said]
      .filter((part) => part !== '')
      .join(isPage ? ' ' : ': '),
    {
      status,
      url: formatUrl(url),
      ...(wireErrors.length > 0 && { wireErrors: wireErrors.slice(0, MAX_SHOWN) }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      hint: wireHint({ status, method, code, text }),
    },
  );
}

interface Refusal {
  readonly status: number;
  readonly method: HttpRequest['method'];
  readonly isManifest: boolean;
  readonly wireErrors: readonly WireError[];
}

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NOT_FOUND',
  405: 'UNSUPPORTED',
  408: 'TIMEOUT',
  415: 'UNSUPPORTED',
  429: 'RATE_LIMITED',
  501: 'UNSUPPORTED',
};

const NOT_FOUND_CODES: ReadonlySet<string> = new Set(['NAME_UNKNOWN', 'MANIFEST_UNKNOWN', 'BLOB_UNKNOWN']);
const MISSING_CHILD_CODES: ReadonlySet<string> = new Set([
  'MANIFEST_BLOB_UNKNOWN',
  'BLOB_UNKNOWN',
  'MANIFEST_UNKNOWN',
]);

function codeFor({ status, method, isManifest, wireErrors }: Refusal): ErrorCode {
  const isUpload = method === 'PUT' || method === 'PATCH' || method === 'POST';
  if (method === 'PUT' && isManifest) {
    if (wireErrors.some(({ code }) => MISSING_CHILD_CODES.has(code))) return 'INCOMPLETE';
    // Each registry has its own status and code for this (ECR, Harbor, ACR), but all say this word.
    if (wireErrors.some(({ message }) => /\bimmutable\b/i.test(message))) return 'TAG_EXISTS';
  }
  const known = BY_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 400 && wireErrors.some(isNotFound)) return 'NOT_FOUND';
  if (status >= 500) return 'SERVER_ERROR';
  return isUpload && status >= 400 ? 'UPLOAD_REJECTED' : 'PROTOCOL_ERROR';
}

/** registry.redhat.io and Harbor 2.10 say UNKNOWN, and "not found" in words (container-libs, skopeo#2589). */
function isNotFound({ code, message }: WireError): boolean {
  return NOT_FOUND_CODES.has(code) || (code === 'UNKNOWN' && /\bnot found\b/i.test(message));
}

function parseErrors(text: string, clean: (text: string) => string): readonly WireError[] {
  const value = tryParseJson(Buffer.from(text));
  if (!isObject(value)) return isProse(text) ? [{ code: '', message: clean(text) }] : [];
  if (Array.isArray(value['errors']))
    return value['errors'].filter(isObject).map((error) => parseError(error, clean));
  // Docker Hub's token service says `details`, others `message` or `error`, OAuth2 `error_description`.
  const message = ['error_description', 'details', 'message', 'error']
    .map((key) => value[key])
    .find((found) => typeof found === 'string');
  return typeof message === 'string' ? [{ code: '', message: clean(message) }] : [];
}

/**
 * What can be shown as it is; half a JSON document, cut where we stopped reading, tells nobody anything, nor do bytes
 * that are no text.
 */
function isProse(text: string): boolean {
  return !/^\s*($|[{[])/.test(text) && !/[\0\ufffd]/.test(text);
}

function parseError(error: Readonly<Record<string, unknown>>, clean: (text: string) => string): WireError {
  const { code, message, detail } = error;
  const text = [message, detail].find((part) => typeof part === 'string' && part !== '');
  return {
    code: typeof code === 'string' ? clean(code) : '',
    message: typeof text === 'string' ? clean(text) : '',
  };
}

function describe(wireErrors: readonly WireError[]): string {
  const shown = wireErrors.slice(0, MAX_SHOWN).map(({ code, message }) => {
    if (message === '') return code;
    return code === '' ? message : `${message} (${code})`;
  });
  if (wireErrors.length > MAX_SHOWN) shown.push(`and ${wireErrors.length - MAX_SHOWN} more`);
  return shown.filter((part) => part !== '').join('; ');
}

function isHtml(answer: Answer, text: string): boolean {
  return /^text\/html\b/i.test(answer.header('content-type') ?? '') || /^\s*<(!doctype|html)\b/i.test(text);
}

function formatStatus(status: number): string {
  const name = STATUS_CODES[status];
  return name === undefined ? String(status) : `${status} ${name}`;
}

/** As much of the body as is of use; what breaks on the way is no worse than what there is to tell. */
async function readSome(answer: Answer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body) {
      chunks.push(chunk.subarray(0, MAX_BODY - size));
      size += chunk.byteLength;
      if (size >= MAX_BODY) break;
    }
  } catch {
    // The status is known, and says more than that the rest of the body did not come.
  }
  return Buffer.concat(chunks).toString();
}
