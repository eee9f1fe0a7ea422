/**
 * One registry host, behind the face of `Transport`: all that lies between a request and an answer that was asked for.
 *
 *     send ── try again ── wait our turn ── credentials ── redirects ── http
 */

import type { Connections } from '../content/connections.js';
import { retry, type Clock, type RetryPolicy, type Wait } from '../content/retry.js';
import { hasCode } from '../errors.js';
import { abortError, untilAborted } from '../content/abort.js';
import type { Authorizer } from './auth/authorizer.js';
import type { TokenFacts } from './auth/wish.js';
import type { Endpoint } from './endpoint.js';
import type { Notices } from './notices.js';
import { isSameOrigin } from './origin.js';
import { follow, type Grant, type Send } from './http/redirect.js';
import { Remarks } from './remarks.js';
import type { Answer, Request, Scope, Transport } from './transport.js';
import { wireError } from './http/wire-error.js';

export interface HostOptions {
  readonly endpoint: Endpoint;
  readonly authorizer: Authorizer;
  readonly send: Send;
  readonly notices: Notices;
  readonly clock: Clock;
  readonly retryPolicy: RetryPolicy;
  readonly connections: Connections;
}

/** How often what was remembered or guessed of a host may turn out wrong in one request: each of them once. */
const MAX_ASKED = 2;

/** Distribution-spec 1.1, "Determining Support". */
const PING = { method: 'GET', target: '/v2/', scopes: [], expect: [200] } as const;

export class Host implements Transport {
  readonly #options: HostOptions;
  /** The first request, as long as it is under way. */
  #opening: Promise<Answer> | undefined;
  #isOpen = false;
  /** When the server, by its last 429, wants to hear of us again. */
  #busyUntil = 0;
  readonly #remarks: Remarks;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#remarks = new Remarks({ ...options, host: options.endpoint.host });
  }

  get endpoint(): Endpoint {
    return this.#options.endpoint;
  }

  async send(request: Request): Promise<Answer> {
    const { signal } = request;
    if (signal?.aborted === true) throw abortError(signal);
    if (request.retry === false) return this.#try(request);
    const { clock, retryPolicy: policy, onWait } = this.patience;
    return retry(() => this.#try(request), { clock, policy, onWait, signal });
  }

  /** Asks for nothing but to be let in. Throws UNAUTHORIZED also where the password could not be shown to anybody. */
  async ping(signal: AbortSignal | undefined): Promise<void> {
    const answer = await this.send({ ...PING, signal });
    await answer.discard();
    this.#options.authorizer.refuseStranger();
  }

  /** How many connections large blobs share. */
  get connections(): Connections {
    return this.#options.connections;
  }

  /** The answer to nothing but hello, to somebody without a login. To be read or discarded by the caller. */
  async greet(signal: AbortSignal | undefined): Promise<Answer> {
    await untilAborted(this.#options.endpoint.base(), signal);
    return this.#travel({ ...PING, signal }, undefined);
  }

  /** What may be told of the token for `scopes`; undefined where the registry gives none. Throws as `send`. */
  async token(scopes: readonly Scope[], signal: AbortSignal | undefined): Promise<TokenFacts | undefined> {
    const { endpoint, authorizer } = this.#options;
    return authorizer.describe({ base: await endpoint.base(), scopes, signal });
  }

  /** How requests, and bodies that break, are tried again. */
  get patience(): Patience {
    const { clock, retryPolicy } = this.#options;
    return { clock, retryPolicy, onWait: (wait) => this.#remarks.onWait(wait) };
  }

  async #try(request: Request, asked = 0): Promise<Answer> {
    await this.#waitOurTurn(request.signal);
    try {
      return await this.#inOrder(request);
    } catch (error) {
      this.#heed(error);
      if (asked === MAX_ASKED || !this.#wasMisled(error)) throw error;
      return this.#try(request, asked + 1);
    }
  }

  /** Whether it failed only for what was taken for true of the host: that it speaks http, as it did, or TLS. */
  #wasMisled(error: unknown): boolean {
    const { endpoint } = this.#options;
    if (hasCode(error, 'ABORTED')) return false;
    if (endpoint.forgetRemembered()) return true;
    if (!hasCode(error, 'UNREACHABLE', 'TIMEOUT', 'TLS_ERROR')) return false;
    return endpoint.forgetGuess() && hasCode(error, 'TLS_ERROR');
  }

  /**
   * The first request finds out what the registry asks for. Those that come meanwhile wait, so that they need not find
   * out as well, and so that a wrong password is not sent by each of them.
   */
  async #inOrder(request: Request): Promise<Answer> {
    // An upload is never the first; if it were, what it uploads could come from this very host and wait for itself.
    if (this.#isOpen || isStream(request)) return this.#exchange(request);
    if (this.#opening !== undefined) {
      const outcome = await untilAborted(settled(this.#opening), request.signal);
      if (hasCode(outcome, 'UNAUTHORIZED', 'CREDENTIALS_UNAVAILABLE')) throw outcome;
      return this.#exchange(request);
    }
    this.#opening = this.#exchange(request);
    try {
      const answer = await this.#opening;
      this.#isOpen = true;
      return answer;
    } finally {
      this.#opening = undefined;
    }
  }

  async #exchange(request: Request): Promise<Answer> {
    const { endpoint, authorizer, clock } = this.#options;
    const base = await untilAborted(endpoint.base(), request.signal);
    const wish = { base, scopes: request.scopes, signal: request.signal };
    const since = clock.now();
    const mayAsk = request.redirected !== true;
    const refused = mayAsk ? await authorizer.grant(wish) : undefined;
    let answer = await this.#travel(request, refused);
    // A server that speaks TLS answers plain http so, if at all.
    if (answer.status !== 400) endpoint.confirm();
    if (mayAsk && answer.status === 401 && isSameOrigin(answer.url, base)) {
      await answer.discard();
      const challenge = answer.header('www-authenticate') ?? (await this.#challengeOfPing(request));
      const grant = await authorizer.meet(challenge, { ...wish, since, refused });
      answer = await this.#travel(request, grant);
    }
    this.#remarks.onAnswer(answer);
    return request.expect.includes(answer.status) ? answer : await this.#refuse(answer, { request, base });
  }

  /** gcr.io has answered 401 without a challenge where `/v2/` had one (container-libs, docker_client.go). */
  async #challengeOfPing({ signal }: Request): Promise<string | undefined> {
    const answer = await this.#travel({ ...PING, signal }, undefined);
    await answer.discard();
    return answer.header('www-authenticate');
  }

  async #travel(
    { method, target, headers, body, signal, retry, soon, redirected = false }: Request,
    grant: Grant | undefined,
  ): Promise<Answer> {
    const { endpoint, send } = this.#options;
    const url = target instanceof URL ? target : await endpoint.urlOf(target);
    const own = redirected ? undefined : await endpoint.headersFor(url);
    const care = await (redirected ? endpoint.careForRedirect(url) : endpoint.careFor(url));
    if (care.checkCertificate === false && url.protocol === 'https:') this.#remarks.onUncheckedCertificate();
    return follow(
      { method, url, headers, body, signal, retry, soon, care },
      { send, grant, own, careFor: (next) => endpoint.careForRedirect(next) },
    );
  }

  async #refuse(
    answer: Answer,
    { request, base }: { readonly request: Request; readonly base: URL },
  ): Promise<never> {
    const { authorizer, notices } = this.#options;
    const isOurs = request.redirected !== true && isSameOrigin(answer.url, base);
    // Storage servers repeat the URL that they refuse.
    if (!isOurs) notices.hideSignature(answer.url);
    const error = await wireError(answer, { method: request.method, clean: (text) => notices.clean(text) });
    // What a host says that we were redirected to is nothing that a login would change.
    const isLogin = isOurs && hasCode(error, 'UNAUTHORIZED', 'DENIED');
    if (!isLogin) throw error;
    throw await authorizer.explain(error, { ...request, challenge: answer.header('www-authenticate') });
  }

  /** A server that is out of breath is left alone by all requests, not only by the one that it told so. */
  #heed(error: unknown): void {
    const { clock, retryPolicy } = this.#options;
    if (!hasCode(error, 'RATE_LIMITED')) return;
    const { retryAfterMs = 0 } = error.context;
    if (retryAfterMs <= retryPolicy.maxAskedMs)
      this.#busyUntil = Math.max(this.#busyUntil, clock.now() + retryAfterMs);
  }

  async #waitOurTurn(signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#options;
    const waitMs = this.#busyUntil - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
  }
}

interface Patience {
  readonly clock: Clock;
  readonly retryPolicy: RetryPolicy;
  readonly onWait: (wait: Wait) => void;
}

function isStream({ body }: Request): boolean {
  return body !== undefined && !(body instanceof Uint8Array);
}

/** Undefined after success, the error after failure. */
function settled(task: Promise<unknown>): Promise<unknown> {
  return task.then(
    () => undefined,
    (error: unknown) => error,
  );
}
