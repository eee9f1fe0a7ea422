/** Requests to an engine, and its failures in our words. */

import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';

import { abortError } from '../content/abort.js';
import type { CallOptions } from '../content/types.js';
import { RegError } from '../errors.js';
import { isObject } from '../spec/json.js';
import { cleanText, quoteText } from '../spec/text.js';
import type { Endpoint } from './endpoint.js';

/** Most of an answer that is read into memory. */
const MAX_ANSWER_SIZE = 64 * 1024;

/** How long connecting may take, in milliseconds. What follows may take as long as unpacking layers takes. */
const CONNECT_MS = 10_000;

interface RequestOptions extends CallOptions {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that has yet to be ended. */
export function startRequest(endpoint: Endpoint, options: RequestOptions): ClientRequest {
  const { socketPath, host, port, identity } = endpoint;
  const { method, path, headers, signal } = options;
  const where = socketPath === undefined ? { host, port } : { socketPath };
  // A socket has no host; "docker" is what docker itself sends.
  const named = socketPath === undefined ? headers : { host: 'docker', ...headers };
  const common = { ...where, method, path, headers: named, agent: false, signal };
  const request = identity === undefined ? http.request(common) : https.request({ ...common, ...identity });
  const timer = setTimeout(() => request.destroy(new Error('timeout')), CONNECT_MS);
  request.once('socket', (socket) => {
    if (!socket.connecting) clearTimeout(timer);
    socket.once(identity === undefined ? 'connect' : 'secureConnect', () => clearTimeout(timer));
  });
  request.once('close', () => clearTimeout(timer));
  // Heard of in `answerTo`; one that comes later has nobody left to tell.
  request.on('error', () => {});
  return request;
}

/** What the engine answers. Throws UNREACHABLE, ABORTED. */
export function answerTo(request: ClientRequest, endpoint: Endpoint): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', (error) => reject(unreachable(endpoint, error)));
    request.once('close', () => reject(unreachable(endpoint, undefined)));
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'nothing listens there',
  ECONNREFUSED: 'nothing listens there',
  EACCES: 'permission denied',
  ECONNRESET: 'the connection was closed',
  EPIPE: 'the connection was closed',
  ENOTFOUND: 'no such host',
};

/** For a connection that was not made, or broke. */
export function unreachable(endpoint: Endpoint, cause: unknown): RegError {
  const isAborted = cause instanceof Error && cause.name === 'AbortError';
  if (isAborted) return abortError(AbortSignal.abort(cause.cause));
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const text = cause instanceof Error ? cleanText(cause.message) : 'the connection was closed';
  const hint = 'Is it running, and may you use it? DOCKER_HOST says where it listens.';
  return new RegError(
    'UNREACHABLE',
    `cannot reach the engine at ${endpoint.name}: ${REASONS[code] ?? text}`,
    {
      permanent: true,
      hint,
      cause,
    },
  );
}

/** The error that an answer with another status than 200 tells of. */
export async function explainAnswer(answer: IncomingMessage, endpoint: Endpoint): Promise<RegError> {
  const status = answer.statusCode ?? 0;
  const said = messageIn(await readAnswer(answer));
  const reason = said === undefined ? `status ${status}` : quoteText(said);
  const code = status === 404 ? 'NOT_FOUND' : status >= 500 ? 'SERVER_ERROR' : 'UPLOAD_REJECTED';
  return new RegError(code, `the engine at ${endpoint.name} says ${reason}`, { status, permanent: true });
}

/** Throws UPLOAD_REJECTED when one of the lines of an answer with the status 200 tells of a failure. */
export async function readLoadAnswer(answer: IncomingMessage, endpoint: Endpoint): Promise<void> {
  if (answer.statusCode !== 200) throw await explainAnswer(answer, endpoint);
  const lines = (await readAnswer(answer)).split('\n');
  if (!answer.complete) throw unreachable(endpoint, undefined);
  for (const line of lines) {
    const error = errorIn(line);
    if (error === undefined) continue;
    throw new RegError('UPLOAD_REJECTED', `the engine at ${endpoint.name} says ${quoteText(error)}`);
  }
}

/** The end of a long answer counts: what went wrong stands there. */
async function readAnswer(answer: IncomingMessage): Promise<string> {
  let text = '';
  const chunks: AsyncIterable<unknown> = answer.setEncoding('utf8');
  try {
    for await (const chunk of chunks) text = (text + String(chunk)).slice(-MAX_ANSWER_SIZE);
  } catch {
    // What came before the end says enough.
  }
  return text;
}

function messageIn(text: string): string | undefined {
  const message = parsed(text)?.['message'];
  return typeof message === 'string' && message !== '' ? message : undefined;
}

function errorIn(line: string): string | undefined {
  const error = parsed(line)?.['error'];
  return typeof error === 'string' ? error : undefined;
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
