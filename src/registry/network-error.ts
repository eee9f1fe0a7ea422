/** What sockets, TLS and the HTTP parser report, in words: the one table from their codes to ours. */

import { RegError } from '../errors.js';
import { isObject } from '../spec/json.js';
import { cleanText } from '../spec/text.js';

/** What was going on when it broke. */
export type Phase = 'connect' | 'tunnel' | 'handshake' | 'upload' | 'answer' | 'body';

export interface Situation {
  /** Host and port of the other side, and the proxy in use. */
  readonly peer: string;
  /** What named the proxy, where that is the other side. */
  readonly proxyFrom?: string | undefined;
  readonly phase: Phase;
  /** How long is waited in this phase, in milliseconds. */
  readonly limitMs: number;
  /** Whether it was ever reached: then a refusal is a restart, not a mistake in the name or port. Default true. */
  readonly isKnown?: boolean | undefined;
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection is refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name service does not answer',
  EAI_FAIL: 'the name service failed',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ENETDOWN: 'the network is down',
  ECONNRESET: 'the connection was reset',
  ECONNABORTED: 'the connection was aborted',
  EPIPE: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the connection was closed',
};

const MISTAKES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Check the name of the host.',
  ECONNREFUSED: 'Is the registry running, and is the port right?',
};

const KEPT: Readonly<Partial<Record<Phase, string>>> = {
  body: 'Try again: what has arrived is kept.',
  upload: 'Try again: what has arrived whole is kept.',
};

const TIMEOUTS: ReadonlySet<string> = new Set(['ETIMEDOUT', 'ERR_SOCKET_CONNECTION_TIMEOUT']);

const NOT_TLS = 'it does not speak TLS';
const SELF_SIGNED = 'its certificate is self-signed';
const NAME_AUTHORITY = 'If you trust it, name the certificate of its authority with --ca-file.';
const UNKNOWN_AUTHORITY = 'nobody whom this machine trusts has signed its certificate';

const TLS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  HOSTNAME_MISMATCH: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: SELF_SIGNED,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  CERT_UNTRUSTED: UNKNOWN_AUTHORITY,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
  ERR_SSL_UNKNOWN_PROTOCOL: NOT_TLS,
  ERR_SSL_HTTP_REQUEST: NOT_TLS,
};

const HINTS: Readonly<Record<string, string>> = {
  [NOT_TLS]: 'If it is meant to speak plain http, allow that with --plain-http.',
  [UNKNOWN_AUTHORITY]: NAME_AUTHORITY,
  [SELF_SIGNED]: NAME_AUTHORITY,
};

/** Codes of a certificate that could be good if only its authority were known. */
export function isUnknownAuthority(cause: unknown): boolean {
  const reason = TLS[codeOf(cause)];
  return reason === UNKNOWN_AUTHORITY || reason === SELF_SIGNED;
}

/** Whether a connection broke in the way of one that the other side had given up before our request came. */
export function isHangUp(cause: unknown): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(cause));
}

/** `cause` as a RegError; what is one already, and what is no fault of the network, comes back as it is. */
export function networkError(cause: unknown, situation: Situation): unknown {
  if (cause instanceof RegError) return cause;
  const code = codeOf(cause);
  const { peer } = situation;
  if (TIMEOUTS.has(code)) return timeoutError(situation, cause);
  if (isTlsCode(code)) return tlsError(code, situation, cause);
  if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') {
    return new RegError(
      'SIZE_MISMATCH',
      `the content uploaded to ${peer} has not the size it was said to have`,
      { cause },
    );
  }
  if (isProtocolError(code, situation)) {
    return new RegError(
      'PROTOCOL_ERROR',
      `cannot understand ${peer}: ${protocolFault(code, messageOf(cause))}`,
      { cause },
    );
  }
  const reason = UNREACHABLE[code];
  if (reason !== undefined || (/^E[A-Z_0-9]+$/.test(code) && !code.startsWith('ERR_'))) {
    const { proxyFrom, isKnown } = situation;
    const mistake = isKnown === false ? MISTAKES[code] : undefined;
    const proxyHint = proxyFrom === undefined ? undefined : `That proxy is what ${proxyFrom} says.`;
    const hint = proxyHint ?? mistake ?? KEPT[situation.phase];
    return new RegError('UNREACHABLE', `${unreachable(situation)}: ${reason ?? code}`, {
      ...(hint !== undefined && { hint }),
      ...(mistake !== undefined && { permanent: true }),
      cause,
    });
  }
  return cause;
}

/** The error of a wait that took too long. */
export function timeoutError({ peer, phase, limitMs }: Situation, cause?: unknown): RegError {
  const time = `${limitMs / 1000} s`;
  const messages: Readonly<Record<Phase, string>> = {
    connect: `no connection to ${peer} within ${time}`,
    tunnel: `${peer} made no connection within ${time}`,
    handshake: `the TLS handshake with ${peer} did not end within ${time}`,
    upload: `${peer} took no byte of the upload for ${time}`,
    answer: `no answer from ${peer} for ${time}`,
    body: `no byte from ${peer} for ${time} in the middle of an answer`,
  };
  const isConnecting = phase === 'connect' || phase === 'tunnel' || phase === 'handshake';
  const flag = isConnecting ? '--connect-timeout' : '--idle-timeout';
  return new RegError('TIMEOUT', messages[phase], { hint: `To wait longer, use ${flag}.`, cause });
}

function unreachable({ peer, phase }: Situation): string {
  const messages: Readonly<Record<Phase, string>> = {
    connect: `cannot connect to ${peer}`,
    tunnel: `${peer} made no connection`,
    handshake: `cannot connect to ${peer} by TLS`,
    upload: `the upload to ${peer} broke off`,
    answer: `no answer from ${peer}`,
    body: `the answer of ${peer} broke off`,
  };
  return messages[phase];
}

function tlsError(code: string, { peer, proxyFrom }: Situation, cause: unknown): RegError {
  const isNotTls = code === 'EPROTO' && /wrong version number|packet length too long/.test(messageOf(cause));
  const reason = isNotTls ? NOT_TLS : (TLS[code] ?? `TLS fails (${code})`);
  const isTime = code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID';
  const hintOfReason =
    reason === NOT_TLS && proxyFrom !== undefined ? `Write http:// in ${proxyFrom}.` : HINTS[reason];
  const hint = isTime ? 'Is the clock of this machine right?' : (hintOfReason ?? namesOf(cause));
  return new RegError('TLS_ERROR', `cannot trust ${peer}: ${reason}`, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

/** For which names a certificate is, where that is why it was refused. */
function namesOf(cause: unknown): string | undefined {
  const certificate: unknown = cause instanceof Error && 'cert' in cause ? cause.cert : undefined;
  const names = isObject(certificate) ? certificate['subjectaltname'] : undefined;
  return typeof names === 'string'
    ? `It is for ${cleanText(names.replaceAll(/DNS:|IP Address:/g, ''), 100)}.`
    : undefined;
}

/** What is left of undici's codes. A wrong length is a cut in a body; before the body it is a parser that gave up. */
function isProtocolError(code: string, { phase }: Situation): boolean {
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return phase !== 'body';
  return /^(HPE|UND_ERR)_/.test(code) && !(code in UNREACHABLE);
}

function protocolFault(code: string, message: string): string {
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'its headers are larger than 64 KiB';
  if (/Expected HTTP\//.test(message)) return 'it does not speak HTTP';
  return `it breaks the rules of HTTP (${cleanText(message, 100)})`;
}

function isTlsCode(code: string): boolean {
  return code in TLS || code === 'EPROTO' || /^(ERR_SSL|ERR_TLS|ERR_OSSL|CERT|UNABLE_TO)_/.test(code);
}

function codeOf(cause: unknown): string {
  // undici's parser loses its code on the way, or stumbles over a status that it thought impossible.
  if (cause instanceof Error && /^(HTTPParser|Assertion)Error$/.test(cause.name)) return 'HPE_';
  if (!(cause instanceof Error) || !('code' in cause)) return '';
  return typeof cause.code === 'string' ? cause.code : '';
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : '';
}
