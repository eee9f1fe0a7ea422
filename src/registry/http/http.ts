/**
 * One HTTP/1.1 request in, one answer out, over connections that are kept for the next one. No redirects, no
 * credentials, no second tries but one: those are for the floors above.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Clock } from '../../content/retry.js';
import type { CallOptions } from '../../content/types.js';
import { RegError } from '../../errors.js';
import { untilAborted } from '../../content/abort.js';
import { bareHostname, formatPeer, portOf } from '../net/addresses.js';
import { answerOf, valueOf } from './answer.js';
import { Call } from './call.js';
import { codeOf } from '../net/cause.js';
import { ConnectionPool } from './connection-pool.js';
import type { Dialer } from '../net/dial.js';
import { exchange } from './exchange.js';
import { isHangUp } from '../net/network-error.js';
import { formatPeerBy, proxyHeaders, type Proxy } from '../net/proxy.js';
import { headersFor, openBody, type OpenBody } from './request-body.js';
import type { Answer, Request } from '../transport.js';
import { isTlsCode } from '../net/tls-error.js';
import { keyOf, type Trust } from '../net/trust.js';
import { proxyRefusal } from '../net/tunnel.js';

export interface HttpOptions {
  readonly dialer: Dialer;
  readonly clock: Pick<Clock, 'now'>;
  /** How long the other side may send nothing, or take nothing of an upload, in milliseconds. */
  readonly idleTimeoutMs: number;
  readonly userAgent: string;
}

export interface HttpRequest
  extends CallOptions, Pick<Request, 'method' | 'headers' | 'body' | 'retry' | 'soon'> {
  readonly url: URL;
  readonly care?: Care | undefined;
}

/** With what care a server is connected to. */
export interface Care {
  /** Default true. */
  readonly checkCertificate?: boolean | undefined;
  /** Refuses addresses of this machine and of private networks. Default false. */
  readonly publicOnly?: boolean | undefined;
  /** Passes no proxy. Default false. */
  readonly direct?: boolean | undefined;
  /** In the place of any other. */
  readonly proxy?: Proxy | undefined;
  /** Beside what is trusted anyway. */
  readonly trust?: Trust | undefined;
  /** For name, connection, proxy and TLS together, in milliseconds; default: the dialer's. */
  readonly connectTimeoutMs?: number | undefined;
}

/** One pool of connections for each origin and way of connecting to it. */
export class Http {
  readonly #options: HttpOptions;
  readonly #lines = new Map<string, Line>();

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** The answer, whatever its status. Throws UNREACHABLE, TIMEOUT, TLS_ERROR, PROTOCOL_ERROR, ABORTED. */
  async send(asked: HttpRequest): Promise<Answer> {
    const line = this.#lineFor(asked);
    const { isUsed } = line;
    // Hears of a server that hung up behind its last answer: the first turn may end before the next reading.
    if (isUsed) await nextTurn().then(() => nextTurn());
    try {
      return await this.#exchange(line, asked);
    } catch (error) {
      // The server may have closed a kept connection at the very moment when we took it for this request.
      const isStale = isUsed && asked.retry !== false && error instanceof RegError && isHangUp(error.cause);
      if (!isStale) throw error;
      return await this.#exchange(line, asked);
    }
  }

  /** Begins to connect to where a request will go, when that was never connected to. */
  connectAhead(asked: Pick<HttpRequest, 'url' | 'care'>): void {
    this.#lineFor(asked).pool.connectAhead();
  }

  /** Ends all connections, and with them what is still under way. */
  async close(): Promise<void> {
    this.#options.dialer.close();
    const closed = new RegError('ABORTED', 'the client was closed');
    for (const { pool } of this.#lines.values()) pool.close(closed);
  }

  async #exchange(line: Line, asked: HttpRequest): Promise<Answer> {
    const { url, method, body } = asked;
    const { pool, relay, peer, registry } = line;
    const path = url.pathname + url.search;
    const call = new Call(asked, { peer, registry, limitMs: this.#options.idleTimeoutMs });
    const onAnswer = pool.prepareFor(asked.soon ?? 1);
    let opened: OpenBody | undefined;
    try {
      opened = await untilAborted(openBody(body, call), call.signal);
      const answering = exchange({
        pool,
        path: relay === undefined ? path : url.origin + path,
        method,
        headers: {
          host: url.host,
          'user-agent': this.#options.userAgent,
          'accept-encoding': 'identity',
          ...asked.headers,
          ...headersFor(body),
          ...(relay !== undefined && proxyHeaders(relay)),
        },
        body: opened.bytes,
        signal: call.signal,
      });
      call.timer.start();
      // Node itself heeds the signal only once it is connected.
      const response = await untilAborted(answering, call.signal);
      line.isUsed = true;
      if (relay !== undefined && response.statusCode === 407) {
        await response.body.dump();
        throw proxyRefusal(407, {
          proxy: relay,
          target: hostOf(url),
          wants: valueOf(response.headers['proxy-authenticate']),
        });
      }
      return answerOf(asked, response, call);
    } catch (cause) {
      call.end();
      throw call.explain(faultBehind(cause, line));
    } finally {
      call.timer.end();
      onAnswer();
      await opened?.release();
    }
  }

  #lineFor({ url, care = {} }: Pick<HttpRequest, 'url' | 'care'>): Line {
    const { checkCertificate = true, publicOnly = false, direct = false, proxy, trust } = care;
    const way = direct || (proxy && formatPeer(proxy));
    const key = [url.origin, checkCertificate, publicOnly, way, trust && keyOf(trust)].join(' ');
    const line = this.#lines.get(key) ?? this.#createLine(url, care);
    this.#lines.set(key, line);
    return line;
  }

  #createLine(url: URL, care: Care): Line {
    const { dialer, clock } = this.#options;
    const isSecure = url.protocol === 'https:';
    const proxy = care.proxy ?? (care.direct === true ? undefined : dialer.proxyFor(url));
    const target = hostOf(url);
    const pool = new ConnectionPool(async () => {
      const socket = await dialer.dial({ ...care, ...target, isSecure, proxy });
      return socket.once('error', (error) => (line.fault = error));
    }, clock);
    const line: Line = {
      pool,
      peer: proxy === undefined ? formatPeer(target) : formatPeerBy(proxy, target),
      registry: care.trust?.registry,
      relay: isSecure ? undefined : proxy,
      fault: undefined,
      isUsed: false,
    };
    return line;
  }
}

/** The connections to one origin. */
interface Line {
  readonly pool: ConnectionPool;
  /** The other side, as errors show it. */
  readonly peer: string;
  /** The registry, as in a reference, that they were made for. */
  readonly registry: string | undefined;
  /** The proxy that is given whole URLs and passes the requests on. Through TLS it sees none. */
  readonly relay: Proxy | undefined;
  /** What the connection that broke last said of it. */
  fault: unknown;
  /** Whether it has had an answer, and so may hold connections that were used before. */
  isUsed: boolean;
}

/**
 * With TLS 1.3 a server refuses our certificate, or the lack of one, only after the handshake, and hangs up; of the two,
 * Node tells the second.
 */
function faultBehind(cause: unknown, { fault }: Line): unknown {
  return isHangUp(cause) && isTlsCode(codeOf(fault)) ? fault : cause;
}

function hostOf(url: URL): { readonly hostname: string; readonly port: number } {
  return { hostname: bareHostname(url), port: portOf(url) };
}
