/** One question to a cloud: bounded in time, tried again where that may help, and what its answer means. */

import { untilAborted } from '../../content/abort.js';
import { retry, type RetryPolicy } from '../../content/retry.js';
import { hasCode, RegError } from '../../errors.js';
import { isObject, parseJsonObject, tryParseJson, type JsonObject } from '../../spec/json.js';
import { cleanText } from '../../spec/text.js';
import type { CloudAnswer, CloudRequest, CloudSession } from './session.js';

/** What is asked for, in the words of messages. */
export interface Errand {
  /** What it is to get: `the token for ECR`. */
  readonly what: string;
  /** Who is asked: `sts.eu-west-1.amazonaws.com`, `the metadata service of this machine`. */
  readonly who: string;
  /** What to do when it cannot be had. */
  readonly hint: string;
  /** Statuses that are an answer beside 200. */
  readonly expect?: readonly number[] | undefined;
}

const POLICY: RetryPolicy = { tries: 3, minWaitMs: 250, maxWaitMs: 2000, maxAskedMs: 10_000 };

const LIMIT_MS = 15_000;
/** What is on this machine answers at once or not at all. */
const LOCAL_LIMIT_MS = 3000;

/** Of tokens that do not say how long they are good: less than any cloud's. */
const DEFAULT_LIFE_S = 300;
const MAX_LIFE_S = 24 * 3600;

/** The answer, with a status that was expected. Throws CREDENTIALS_UNAVAILABLE, ABORTED. */
export async function ask(
  request: CloudRequest,
  errand: Errand,
  session: CloudSession,
): Promise<CloudAnswer> {
  const { clock, signal } = session;
  try {
    return await retry(() => attempt(request, errand, session), { clock, policy: POLICY, signal });
  } catch (error) {
    if (hasCode(error, 'ABORTED', 'CREDENTIALS_UNAVAILABLE')) throw error;
    throw error instanceof Error ? unavailable(errand, error.message, error) : error;
  }
}

/** As `ask`, for an answer that is a JSON object. */
export async function askJson(
  request: CloudRequest,
  errand: Errand,
  session: CloudSession,
): Promise<JsonObject> {
  const { body } = await ask(request, errand, session);
  return parseAnswer(body, errand);
}

export function parseAnswer(body: Uint8Array, { who, hint }: Errand): JsonObject {
  return parseJsonObject(body, { what: `the answer of ${who}`, code: 'CREDENTIALS_UNAVAILABLE', hint });
}

/** A token, and how long it is good, in milliseconds. */
export interface CloudToken {
  readonly value: string;
  readonly lifeMs: number;
}

/** A text that must be there and is a secret from now on. */
export function secretIn(
  reply: JsonObject,
  key: string,
  { errand, onSecret }: Pick<CloudSession, 'onSecret'> & { readonly errand: Errand },
): string {
  const value = reply[key];
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    throw unavailable(errand, `the answer of ${errand.who} has no "${key}"`);
  }
  onSecret(value);
  return value;
}

/** `expires_in` of OAuth 2 (RFC 6749, 5.1), in seconds; some services write it as text. In milliseconds. */
export function lifeIn(reply: JsonObject): number {
  const seconds = Number(reply['expires_in']);
  return (seconds > 0 && seconds < MAX_LIFE_S ? seconds : DEFAULT_LIFE_S) * 1000;
}

export function unavailable(
  { what, hint }: Pick<Errand, 'what' | 'hint'>,
  why: string,
  cause?: unknown,
): RegError {
  return new RegError('CREDENTIALS_UNAVAILABLE', `cannot get ${what}: ${why}`, { hint, cause });
}

/** A form, as OAuth 2 and the Query API of AWS want it. */
export function formOf(
  fields: Readonly<Record<string, string>>,
): Pick<CloudRequest, 'method' | 'headers' | 'body'> {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  };
}

async function attempt(request: CloudRequest, errand: Errand, session: CloudSession): Promise<CloudAnswer> {
  const answer = await inTime(request, session);
  if (answer.status === 200 || errand.expect?.includes(answer.status) === true) return answer;
  const why = `${errand.who} answered ${answer.status}${reasonIn(answer.body)}`;
  if (answer.status === 429 || answer.status >= 500) throw new RegError('SERVER_ERROR', why);
  throw unavailable(errand, why);
}

async function inTime(request: CloudRequest, session: CloudSession): Promise<CloudAnswer> {
  const { send, signal } = session;
  const limitMs = session.timeLimitMs ?? (request.url.protocol === 'https:' ? LIMIT_MS : LOCAL_LIMIT_MS);
  const limit = new AbortController();
  const late = new RegError('TIMEOUT', `${request.url.host} did not answer within ${limitMs / 1000} s`);
  const timer = setTimeout(() => limit.abort(late), limitMs);
  const either = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
  try {
    return await untilAborted(send({ ...request, signal: either }), either);
  } finally {
    clearTimeout(timer);
  }
}

/** What a refusal says: in the JSON of AWS and of OAuth 2 (RFC 6749, 5.2), or in the XML of AWS' Query API. */
function reasonIn(body: Uint8Array): string {
  const text = Buffer.from(body).toString();
  const reply = tryParseJson(body);
  const parts = isObject(reply)
    ? [reply['__type'], reply['error'], reply['message'], reply['Message'], reply['error_description']]
    : [/<Code>([^<]*)</.exec(text)?.[1], /<Message>([^<]*)</.exec(text)?.[1]];
  const said = parts.filter((part) => typeof part === 'string' && part !== '').slice(0, 2);
  return said.length === 0 ? '' : `: ${cleanText(said.join(': '))}`;
}
