/**
 * What the rest of `registry/` asks of HTTP: one request in, one answer out. Behind it, once for all: the endpoint
 * of the host, credentials and tokens, redirects, retries, time limits, and errors in plain words.
 */

import type { CallOptions } from '../content/types.js';

/** What a token has to allow: actions on one repository (distribution's token scope, "repository:PATH:ACTIONS"). */
export interface Scope {
  readonly repository: string;
  readonly actions: readonly ('pull' | 'push' | 'delete' | '*')[];
}

/** A request body that can be sent again. */
export interface Body {
  /** Length in bytes. */
  readonly size: number;
  /** Costs I/O; called once for each try, whose end aborts the signal. */
  open(options: CallOptions): Promise<AsyncIterable<Uint8Array>>;
}

export interface Request extends CallOptions {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A path with query below the registry's base (`/v2/library/nginx/tags/list`), or a URL that passed the origin rules. */
  readonly target: string | URL;
  /** What is needed here, most important first; empty for `/v2/` itself. */
  readonly scopes: readonly Scope[];
  /** Lower-case names. Never Authorization: that is the transport's. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Body | Uint8Array | undefined;
  /** Statuses that come back as an answer; every other one is thrown as a RegError. */
  readonly expect: readonly number[];
  /** Set for a URL that a redirect led to: it gets no credential, and no more trust than the redirect had. */
  readonly redirected?: boolean | undefined;
  /** How many requests will come at once when this one was answered; default 1. */
  readonly soon?: number | undefined;
  /** Whether a failed try may be sent again; default true. False where the caller must look at the state first. */
  readonly retry?: boolean | undefined;
}

/** An answer; exactly one of `read`, `discard` or a full or broken-off iteration of `body` must follow. */
export interface Answer {
  readonly status: number;
  /** URL that answered, after redirects. Its query may hold a signature: never print it. */
  readonly url: URL;
  /** Whether it was redirects that led to `url`; absent where none did. */
  readonly redirected?: boolean;
  /** Value of a header, by lower-case name; several of one name joined by ", ". */
  header(name: string): string | undefined;
  /** The bytes as they come. Breaks with TIMEOUT after the idle time without a byte, UNREACHABLE when cut. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The whole body. Throws TOO_LARGE past `cap` bytes. */
  read(cap: number): Promise<Uint8Array>;
  /** Lets the rest of the body go, keeping the connection where that is cheap. */
  discard(): Promise<void>;
}

export interface Transport {
  /**
   * Sends a request and answers with an expected status. Throws UNAUTHORIZED, DENIED, NOT_FOUND, RATE_LIMITED,
   * SERVER_ERROR, UNREACHABLE, TIMEOUT, TLS_ERROR, PROTOCOL_ERROR, UPLOAD_REJECTED, UNSUPPORTED.
   */
  send(request: Request): Promise<Answer>;
}
