/** What sockets and the HTTP parser report, in words: the one table from their codes to ours, but for TLS. */

import { RegError } from '../../errors.js';
import { cleanText } from '../../spec/text.js';
import { codeOf, messageOf } from './cause.js';
import { isTlsCode, tlsError } from './tls-error.js';

/** What was going on when it broke. */
export type Phase = 'connect' | 'tunnel' | 'handshake' | 'upload' | 'answer' | 'body';

export interface Situation {
  /** Host and port of the other side, and the proxy in use. */
  readonly peer: string;
  /** What named the proxy, where that is the other side. */
  readonly proxyFrom?: string | undefined;
  /** The registry, as in a reference, that the connection was made for. */
  readonly registry?: string | undefined;
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
};

const MISTAKES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Check the name of the host, and whether this machine is online.',
  ECONNREFUSED: 'Is the registry running, and is the port right?',
};

const OFFLINE = 'Is this machine connected to the network?';

const HINTS: Readonly<Record<string, string>> = {
  EAI_AGAIN: OFFLINE,
  EAI_FAIL: OFFLINE,
  EHOSTUNREACH: OFFLINE,
  ENETUNREACH: OFFLINE,
  ENETDOWN: OFFLINE,
};

const TIMEOUTS: ReadonlySet<string> = new Set(['ETIMEDOUT', 'ERR_SOCKET_CONNECTION_TIMEOUT']);

/** Whether a connection broke in the way of one that the other side had given up before our request came. */
export function isHangUp(cause: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes(codeOf(cause));
}

/** `cause` as a RegError; what is one already, and what is no fault of the network, comes back as it is. */
export function networkError(cause: unknown, situation: Situation): unknown {
  if (cause instanceof RegError) return cause;
  const code = codeOf(cause);
  const { peer } = situation;
  if (TIMEOUTS.has(code)) return timeoutError(situation, cause);
  if (isTlsCode(code)) return tlsError(cause, situation);
  if (code.startsWith('HPE_')) {
    return new RegError(
      'PROTOCOL_ERROR',
      `cannot understand ${peer}: ${protocolFault(code, messageOf(cause))}`,
      { hint: 'Is it a registry, and is the port right?', cause },
    );
  }
  const reason = UNREACHABLE[code];
  if (reason !== undefined || (/^E[A-Z_0-9]+$/.test(code) && !code.startsWith('ERR_'))) {
    const { proxyFrom, isKnown } = situation;
    const mistake = isKnown === false ? MISTAKES[code] : undefined;
    const proxyHint = proxyFrom === undefined ? undefined : `That proxy is what ${proxyFrom} says.`;
    const known = proxyHint ?? mistake ?? HINTS[code];
    return new RegError('UNREACHABLE', `${unreachable(situation)}: ${reason ?? code}`, {
      hint: known ?? 'Try again; if that does not help, look at the network in between.',
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

function protocolFault(code: string, message: string): string {
  if (code === 'HPE_HEADER_OVERFLOW') return 'its headers are larger than 64 KiB';
  if (/Expected HTTP\//.test(message)) return 'it does not speak HTTP';
  return `it breaks the rules of HTTP (${cleanText(message, 100)})`;
}
