/**
 * One HTTP/1.1 request in, one answer out, over connections that are kept for the next one. No redirects, no
 * credentials, no second tries but one: those are for the floors above. The only home of undici.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { callbackify } from 'node:util';

import type { Dispatcher, Pool } from 'undici';
import request from 'undici/lib/api/api-request.js';
import PoolOf from 'undici/lib/dispatcher/pool.js';

import type { CallOptions } from '../content/types.js';
import { RegError } from '../errors.js';
import { abortError, untilAborted } from '../content/abort.js';
import { bareHostname, portOf } from './addresses.js';
import type { Dialer } from './dial.js';
import { IdleTimer } from './idle.js';
import { isHangUp, networkError, timeoutError, type Phase, type Situation } from './network-error.js';
import { formatUrl } from './origin.js';
import { headersFor, openBody, type OpenBody, type Sending } from './request-body.js';
import type { Answer, Request } from './transport.js';

export interface HttpOptions {
  readonly dialer: Dialer;
  /** How long the other side may send nothing, or take nothing of an upload, in milliseconds. */
  readonly idleTimeoutMs: number;
  readonly userAgent: string;
}

export interface HttpRequest extends CallOptions, Pick<Request, 'method' | 'headers' | 'body' | 'retry'> {
  readonly url: URL;
  readonly care?: Care | undefined;
}

/** With what care a server is connected to. */
export interface Care {
  /** Default true. */
  readonly checkCertificate?: boolean | undefined;
  /** Refuses addresses of this machine and of private networks. Default false. */
  readonly publicOnly?: boolean | undefined;
}

const MAX_HEADER_BYTES = 64 * 1024;
/** Servers that want less say so in a Keep-Alive header. */
const KEEP_ALIVE_MS = 15_000;

/** One pool of connections for each origin and way of connecting to it. */
export class Http {
  readonly #options: HttpOptions;
  readonly #pools = new Map<string, Pool>();
  /** The pools that have had an answer, and so may hold connections that were used before. */
  readonly #used = new Set<Pool>();

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** The answer, whatever its status. Throws UNREACHABLE, TIMEOUT, TLS_ERROR, PROTOCOL_ERROR, ABORTED. */
  async send(asked: HttpRequest): Promise<Answer> {
    const pool = this.#poolFor(asked);
    const isUsed = this.#used.has(pool);
    // undici takes a connection back one turn after its answer; without a wait, the next request would open another.
    if (isUsed) await nextTurn();
    try {
      return await this.#exchange(pool, asked);
    } catch (error) {
      // The server may have closed a kept connection at the very moment when we took it for this request.
      const isStale = isUsed && asked.retry !== false && error instanceof RegError && isHangUp(error.cause);
      if (!isStale) throw error;
      return await this.#exchange(pool, asked);
    }
  }

  /** Ends all connections, and with them what is still under way. */
  async close(): Promise<void> {
    this.#options.dialer.close();
    const closed = new RegError('ABORTED', 'the client was closed');
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy(closed)));
  }

  async #exchange(pool: Pool, asked: HttpRequest): Promise<Answer> {
    const { url, method, body } = asked;
    const call = new Call(asked, this.#options.idleTimeoutMs);
    let opened: OpenBody | undefined;
    try {
      opened = await untilAborted(openBody(body, call), call.signal);
      const answering = request.call(pool, {
        path: url.pathname + url.search,
        method,
        headers: {
          'user-agent': this.#options.userAgent,
          'accept-encoding': 'identity',
          ...asked.headers,
          ...headersFor(body),
        },
        body: opened.bytes,
        signal: call.signal,
        // Else undici gives up the connection after every HEAD.
        reset: false,
      });
      call.timer.start();
      // undici itself heeds the signal only once it is connected.
      const response = await untilAborted(answering, call.signal);
      this.#used.add(pool);
      return answerOf(asked, response, call);
    } catch (cause) {
      throw call.explain(cause);
    } finally {
      call.timer.end();
      await opened?.release();
    }
  }

  #poolFor({ url, care = {} }: HttpRequest): Pool {
    const { checkCertificate = true, publicOnly = false } = care;
    const key = `${url.origin} ${checkCertificate} ${publicOnly}`;
    const pool = this.#pools.get(key) ?? this.#createPool(url, { checkCertificate, publicOnly });
    this.#pools.set(key, pool);
    return pool;
  }

  #createPool(url: URL, care: Care): Pool {
    const { dialer } = this.#options;
    const isSecure = url.protocol === 'https:';
    const destination = { ...care, isSecure, hostname: bareHostname(url), port: portOf(url) };
    const dial = callbackify(() => dialer.dial(destination));
    return new PoolOf(url.origin, {
      connect: (_options, callback) =>
        dial((error, socket) => (error === null ? callback(null, socket) : callback(error, null))),
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
  }
}

/** One request under way: what may end it, and how that is told. */
class Call implements Sending {
  readonly signal: AbortSignal;
  /** Runs until the answer begins. */
  readonly timer: IdleTimer;
  isUnderWay = false;
  readonly #limitMs: number;
  readonly #peer: string;
  readonly #idle = new AbortController();

  constructor({ url, signal }: HttpRequest, limitMs: number) {
    this.#limitMs = limitMs;
    this.#peer = `${url.hostname}:${portOf(url)}`;
    this.signal = signal === undefined ? this.#idle.signal : AbortSignal.any([signal, this.#idle.signal]);
    this.timer = this.createTimer(() => this.#phase());
  }

  /** A timer that ends this call with TIMEOUT. */
  createTimer(phase: () => Phase): IdleTimer {
    return new IdleTimer(this.#limitMs, () => this.#idle.abort(timeoutError(this.#situation(phase()))));
  }

  /** What went wrong, for the caller. */
  explain(cause: unknown, phase = this.#phase()): unknown {
    return this.signal.aborted ? abortError(this.signal) : networkError(cause, this.#situation(phase));
  }

  #phase(): Phase {
    return this.isUnderWay ? 'upload' : 'answer';
  }

  #situation(phase: Phase): Situation {
    return { peer: this.#peer, phase, limitMs: this.#limitMs };
  }
}

function answerOf(
  { url, method }: HttpRequest,
  { statusCode, headers, body }: Dispatcher.ResponseData,
  call: Call,
): Answer {
  const timer = call.createTimer(() => 'body');
  const chunks: AsyncIterable<Uint8Array> = body;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    timer.start();
    try {
      for await (const chunk of chunks) {
        timer.pause();
        yield chunk;
        timer.start();
      }
    } catch (cause) {
      throw call.explain(cause, 'body');
    } finally {
      timer.end();
    }
  }
  return {
    status: statusCode,
    url,
    header(name) {
      const value = headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body: { [Symbol.asyncIterator]: bytes },
    async read(cap) {
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const part of bytes()) {
        size += part.byteLength;
        if (size > cap) {
          throw new RegError(
            'TOO_LARGE',
            `the answer to ${method} ${formatUrl(url)} has more than ${cap} bytes`,
          );
        }
        parts.push(part);
      }
      return Buffer.concat(parts);
    },
    async discard() {
      timer.start();
      // Up to 128 KiB are read, to keep the connection; where more is left, that is given up.
      await body.dump();
      timer.end();
    },
  };
}
