/** Why TLS failed, in words, and what would mend it: the one table from Node's and OpenSSL's codes to ours. */

import { RegError } from '../../errors.js';
import { isObject } from '../../spec/json.js';
import { cleanText } from '../../spec/text.js';
import { codeOf, messageOf } from './cause.js';

interface TlsSituation {
  /** Host and port of the other side, and the proxy in use. */
  readonly peer: string;
  /** What named the proxy, where that is the other side. */
  readonly proxyFrom?: string | undefined;
  /** The registry, as in a reference, that the connection was made for. */
  readonly registry?: string | undefined;
}

const NOT_TLS = 'it does not speak TLS';
const SELF_SIGNED = 'its certificate is self-signed';
const UNKNOWN_AUTHORITY = 'its certificate is not signed by an authority that this machine trusts';
const EXPIRED = 'its certificate has expired';
const NOT_YET = 'its certificate is not valid yet';
const WRONG_NAME = 'its certificate is for another name';
const WANTS_OURS = 'it wants to be shown a certificate that it trusts';
const NO_AGREEMENT = 'there is no way to do TLS that it agrees to, or it wants to be shown a certificate';

const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: EXPIRED,
  CERT_NOT_YET_VALID: NOT_YET,
  CERT_REVOKED: 'its certificate was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: WRONG_NAME,
  HOSTNAME_MISMATCH: WRONG_NAME,
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

/** Alerts of the other side (RFC 8446, 6.2). What comes before the name differs between versions of OpenSSL. */
const ALERTS: Readonly<Record<string, string>> = {
  HANDSHAKE_FAILURE: NO_AGREEMENT,
  CERTIFICATE_REQUIRED: WANTS_OURS,
  BAD_CERTIFICATE: WANTS_OURS,
  UNSUPPORTED_CERTIFICATE: WANTS_OURS,
  CERTIFICATE_EXPIRED: WANTS_OURS,
  CERTIFICATE_UNKNOWN: WANTS_OURS,
  UNKNOWN_CA: WANTS_OURS,
};

const CLOCK = 'Is the clock of this machine right?';

/** Codes of a certificate that could be good if only its authority were known. */
export function isUnknownAuthority(cause: unknown): boolean {
  const reason = REASONS[codeOf(cause)];
  return reason === UNKNOWN_AUTHORITY || reason === SELF_SIGNED;
}

export function isTlsCode(code: string): boolean {
  return code in REASONS || code === 'EPROTO' || /^(ERR_SSL|ERR_TLS|ERR_OSSL|CERT|UNABLE_TO)_/.test(code);
}

export function tlsError(cause: unknown, situation: TlsSituation): RegError {
  const code = codeOf(cause);
  const isNotTls = code === 'EPROTO' && /wrong version number|packet length too long/.test(messageOf(cause));
  const [, alert = ''] = /_ALERT_([A-Z_]+)$/.exec(code) ?? [];
  const reason = isNotTls ? NOT_TLS : (REASONS[code] ?? ALERTS[alert] ?? `TLS fails (${cleanText(code)})`);
  const hint = hintFor(reason, situation) ?? namesOf(cause) ?? 'Whoever runs it has to mend that.';
  const message = `cannot trust ${situation.peer}: ${reason}`;
  return new RegError('TLS_ERROR', message, { hint, cause });
}

function hintFor(reason: string, { proxyFrom, registry }: TlsSituation): string | undefined {
  const folder = registry === undefined ? undefined : `~/.docker/certs.d/${registry}`;
  switch (reason) {
    case NOT_TLS:
      return proxyFrom === undefined
        ? 'If it is meant to speak plain http, allow that with --plain-http.'
        : `Write http:// in ${proxyFrom}.`;
    case EXPIRED:
    case NOT_YET:
      return CLOCK;
    case SELF_SIGNED:
    case UNKNOWN_AUTHORITY: {
      const place = folder === undefined ? '' : `, or put it into ${folder}/ca.crt`;
      return `If you trust it, name the certificate of its authority with --ca-file${place}.`;
    }
    case WANTS_OURS:
    case NO_AGREEMENT: {
      const place = folder === undefined ? '' : `, or put both into ${folder}/ as client.cert and client.key`;
      return `Name yours with --cert-file and --key-file${place}.`;
    }
    default:
      return undefined;
  }
}

/** For which names a certificate is, where that is why it was refused. */
function namesOf(cause: unknown): string | undefined {
  const certificate: unknown = cause instanceof Error && 'cert' in cause ? cause.cert : undefined;
  const names = isObject(certificate) ? certificate['subjectaltname'] : undefined;
  return typeof names === 'string'
    ? `It is for ${cleanText(names.replaceAll(/DNS:|IP Address:/g, ''), 100)}.`
    : undefined;
}
