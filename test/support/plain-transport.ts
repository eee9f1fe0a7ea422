import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { RegError, type ErrorCode, type WireError } from '../../src/errors.js';
import type { Answer, Request, Transport } from '../../src/registry/transport.js';
import type { Scope } from './temp.js';

/** The least that keeps a Transport's promises: plain HTTP, no credentials, no redirects, no retries. */
export function plainTransport(scope: Scope, host: string): Transport {
  const agent = new Agent({ keepAlive: true });
  scope.after(() => agent.destroy());
  return {
    send: async (request) => {
      const url = new URL(request.target, `http://${host}`);
      const message = await exchange(request, url, agent);
      const status = message.statusCode ?? 0;
      if (!request.expect.includes(status)) throw await errorOf(message, url);
      return answerOf(message, url);
    },
  };
}

async function exchange(request: Request, url: URL, agent: Agent): Promise<IncomingMessage> {
  const { body, signal, method } = request;
  signal?.throwIfAborted();
  const size = body instanceof Uint8Array ? body.byteLength : body?.size;
  const headers = { ...request.headers, ...(size === undefined ? {} : { 'content-length': size }) };
  const outgoing = httpRequest(url, { method, headers, agent, signal });
  const answered = once(outgoing, 'response');
  const sent = pipeline(await open(request), outgoing);
  // An answer may come while bytes are still going out: then it counts, and the rest is given up.
  sent.catch(() => {});
  try {
    const [message] = await Promise.race([answered, sent.then(() => answered)]);
    return message;
  } catch (cause) {
    answered.catch(() => {});
    signal?.throwIfAborted();
    throw new RegError('UNREACHABLE', `the connection to ${url.host} broke`, { cause });
  }
}

async function open({ body, signal }: Request): Promise<Readable> {
  if (body === undefined) return Readable.from([]);
  if (body instanceof Uint8Array) return Readable.from(body.byteLength === 0 ? [] : [body]);
  return Readable.from(await body.open({ signal }));
}

function answerOf(message: IncomingMessage, url: URL): Answer {
  const body = readOn(message, url);
  return {
    status: message.statusCode ?? 0,
    url,
    header: (name) => {
      const value = message.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body,
    read: async (cap) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of body) {
        size += chunk.byteLength;
        if (size > cap) throw new RegError('TOO_LARGE', `the answer has more than ${cap} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    },
    discard: async () => {
      if (Number(message.headers['content-length'] ?? Infinity) > 65_536) message.destroy();
      else message.resume();
    },
  };
}

async function* readOn(message: IncomingMessage, url: URL): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of message) yield chunk as Uint8Array;
  } catch (cause) {
    throw new RegError('UNREACHABLE', `the connection to ${url.host} broke`, { cause });
  }
}

const CODES = new Map<number, ErrorCode>([
  [401, 'UNAUTHORIZED'],
  [403, 'DENIED'],
  [404, 'NOT_FOUND'],
  [405, 'UNSUPPORTED'],
  [429, 'RATE_LIMITED'],
  [501, 'UNSUPPORTED'],
]);

async function errorOf(message: IncomingMessage, url: URL): Promise<RegError> {
  const status = message.statusCode ?? 0;
  const text = Buffer.concat(await message.toArray()).toString();
  const wireErrors: WireError[] | undefined = text.startsWith('{') ? JSON.parse(text).errors : undefined;
  const isIncomplete = wireErrors?.some(({ code }) => code === 'MANIFEST_BLOB_UNKNOWN');
  const fallback = status >= 500 ? 'SERVER_ERROR' : 'UPLOAD_REJECTED';
  const code = isIncomplete ? 'INCOMPLETE' : (CODES.get(status) ?? fallback);
  return new RegError(code, `${url.host} answered ${status}`, { status, ...(wireErrors && { wireErrors }) });
}
