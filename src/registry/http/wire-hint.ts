/** What a person can do about an answer that nobody wanted. */

import type { ErrorCode } from '../../errors.js';

export interface Unwanted {
  readonly status: number;
  readonly method: string;
  readonly code: ErrorCode;
  /** The body, as far as it was read. */
  readonly text: string;
}

const SERVER_FAULT = 'This is a problem of the server: try again later.';

const BY_CODE: Readonly<Partial<Record<ErrorCode, string>>> = {
  INCOMPLETE: 'It has lost a part of the image, or never took it: push again.',
  TAG_EXISTS: 'It lets nobody change a tag that is there: choose another one.',
  RATE_LIMITED: 'Wait a while; many registries allow more to those who are logged in.',
  SERVER_ERROR: SERVER_FAULT,
  TIMEOUT: SERVER_FAULT,
};

export function wireHint({ status, method, code, text }: Unwanted): string {
  // Go's server, and nginx.
  const isHttpToHttps = /HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port/.test(
    text,
  );
  if (isHttpToHttps) return 'It wants https: leave --plain-http out.';
  if (status === 405 && method !== 'GET' && method !== 'HEAD') return 'Perhaps it does not accept pushes.';
  if (status === 413) return 'The registry, or a proxy in front of it, does not accept that size.';
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  return status < 400
    ? 'That is not how a registry answers: check the host, and whether a proxy answers in its place.'
    : 'Whoever runs it may know why; --debug shows the requests.';
}
