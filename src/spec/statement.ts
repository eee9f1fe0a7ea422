/**
 * Attestations: in-toto statements, bare or in an envelope that bears signatures (in-toto attestation framework, spec/v1;
 * DSSE, envelope.md; sigstore, sigstore_bundle.proto). Signatures are not checked here.
 */

import { isObject, parseJsonObject, type JsonObject } from './json.js';
import { RegError } from '../errors.js';

export interface Statement {
  readonly predicateType: string;
  readonly predicate: unknown;
}

/** What payloads of envelopes are called. */
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/**
 * The statement in `bytes`; undefined for a document that is none, such as an SBOM by itself. `what` names it in messages.
 * Throws INVALID_MANIFEST for what is no JSON object, and for envelopes of something else.
 */
export function readStatement(bytes: Uint8Array, what = 'attestation'): Statement | undefined {
  const document = parseJsonObject(bytes, { what });
  const inner = isObject(document['dsseEnvelope']) ? document['dsseEnvelope'] : document;
  return statementOf('payload' in inner ? payloadOf(inner, what) : inner);
}

function payloadOf({ payload, payloadType }: JsonObject, what: string): JsonObject {
  if (payloadType !== PAYLOAD_TYPE || typeof payload !== 'string')
    throw new RegError('INVALID_MANIFEST', `${what} is an envelope of something else than a statement`);
  return parseJsonObject(Buffer.from(payload, 'base64'), { what: `what is in ${what}` });
}

function statementOf(document: JsonObject): Statement | undefined {
  const { _type: type, predicateType, predicate } = document;
  if (typeof type !== 'string' || !type.startsWith('https://in-toto.io/Statement/')) return undefined;
  return { predicateType: typeof predicateType === 'string' ? predicateType : '', predicate };
}
