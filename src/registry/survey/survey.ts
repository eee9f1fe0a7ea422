/**
 * What can be found out about a registry without changing anything there, but for an upload that is called off: how it
 * greets, what it lets us do, and what it is able to.
 */

import { hasCode, RegError } from '../../errors.js';
import type { CallOptions } from '../../content/types.js';
import type { Digest } from '../../spec/digest.js';
import { bareMediaType, MANIFEST_ACCEPT, OCI_INDEX } from '../../spec/media-type.js';
import { parseChallenges } from '../auth/challenge.js';
import type { TokenFacts } from '../auth/wish.js';
import type { Host } from '../host.js';
import type { Answer, Request } from '../transport.js';
import { openSession } from '../upload/session.js';
import { readRateLimit, type RateLimit } from './rate-limit.js';
import type { Way } from './way.js';

/** How a registry answers to nothing but hello. */
export interface Greeting {
  readonly status: number;
  /** What it asks for; empty where everybody may come in. Text from outside. */
  readonly challenges: readonly {
    readonly scheme: string;
    readonly realm: string | undefined;
    readonly service: string | undefined;
  }[];
  /** Its clock, in milliseconds since 1970, to the second. */
  readonly date: number | undefined;
  readonly isRegistry: boolean;
}

/** `denied` where the login does not allow to find out. */
export type Ability = 'yes' | 'no' | 'denied';

interface Image extends CallOptions {
  readonly repository: string;
}

export class Survey {
  readonly way: Way;
  readonly #host: Host;

  constructor({ host, way }: { readonly host: Host; readonly way: Way }) {
    this.#host = host;
    this.way = way;
  }

  /** Shows no login. Throws what the way throws. */
  async greeting(signal?: AbortSignal): Promise<Greeting> {
    const answer = await this.#host.greet(signal);
    await answer.discard();
    const header = answer.header('www-authenticate') ?? '';
    const date = Date.parse(answer.header('date') ?? '');
    return {
      status: answer.status,
      challenges: parseChallenges(header).map(({ scheme, params }) => ({
        scheme,
        realm: params.get('realm'),
        service: params.get('service'),
      })),
      date: Number.isNaN(date) ? undefined : date,
      // Distribution-spec 1.1, "API": end-1 answers 200, 401 or, where there is no such thing, 404.
      isRegistry: answer.status === 200 || (answer.status === 401 && header !== ''),
    };
  }

  /** With our login. Throws UNAUTHORIZED and what every request throws. */
  letIn(signal?: AbortSignal): Promise<void> {
    return this.#host.ping(signal);
  }

  /** The token to pull with, or for nothing in particular; undefined where the registry gives none. Throws as `letIn`. */
  token(repository: string | undefined, signal?: AbortSignal): Promise<TokenFacts | undefined> {
    const scopes = repository === undefined ? [] : [{ repository, actions: ['pull'] } as const];
    return this.#host.token(scopes, signal);
  }

  /**
   * By a HEAD, which is not counted (Docker docs, "Usage and limits"). Undefined where nothing is said of a limit. Throws
   * as every request, but for a limit that is used up and says so.
   */
  async rateLimit({
    repository,
    name,
    signal,
  }: Image & { readonly name: string }): Promise<RateLimit | undefined> {
    const answer = await this.#ask(repository, {
      method: 'HEAD',
      target: `/v2/${repository}/manifests/${name}`,
      headers: { accept: MANIFEST_ACCEPT },
      expect: [200, 429],
      signal,
    });
    const found = readRateLimit(answer);
    if (found === undefined && answer.status === 429)
      throw new RegError('RATE_LIMITED', `${answer.url.host} answered 429: it was asked too often`);
    return found;
  }

  /** Distribution-spec 1.1, "Listing Referrers": only an index is an answer. */
  async referrers({ repository, digest, signal }: Image & { readonly digest: Digest }): Promise<Ability> {
    const target = `/v2/${repository}/referrers/${digest}`;
    return ability(async () => {
      const answer = await this.#ask(repository, { method: 'GET', target, signal });
      return bareMediaType(answer.header('content-type') ?? '') === OCI_INDEX;
    });
  }

  /** Asks for one byte of a blob. */
  async ranges({ repository, digest, signal }: Image & { readonly digest: Digest }): Promise<Ability> {
    const target = `/v2/${repository}/blobs/${digest}`;
    const headers = { range: 'bytes=0-0' };
    return ability(async () => {
      const answer = await this.#ask(repository, {
        method: 'GET',
        target,
        headers,
        expect: [200, 206],
        signal,
      });
      return answer.status === 206;
    });
  }

  /**
   * Asks to delete `nothing`, a digest that nobody can have. The order in which registries look at such a request tells
   * whether they would: 405 comes before 404.
   */
  async deletion({ repository, nothing, signal }: Image & { readonly nothing: Digest }): Promise<Ability> {
    const request: Request = {
      method: 'DELETE',
      target: `/v2/${repository}/manifests/${nothing}`,
      scopes: [{ repository, actions: ['pull', 'delete'] }],
      expect: [202, 404],
      retry: false,
      signal,
    };
    return ability(async () => {
      await (await this.#host.send(request)).discard();
      return true;
    });
  }

  /** The list of all repositories: of distribution, not of the specification. */
  async catalog(signal?: AbortSignal): Promise<Ability> {
    return ability(async () => {
      const request: Request = {
        method: 'GET',
        target: '/v2/_catalog?n=1',
        scopes: [],
        expect: [200],
        signal,
      };
      await (await this.#host.send(request)).discard();
      return true;
    });
  }

  /**
   * Begins an upload, and calls it off: the smallest piece, in bytes, that is taken before the last one; 0 where nothing
   * is said. Throws NOT_FOUND where a repository has to be made first, UNAUTHORIZED, DENIED and what every request throws.
   */
  async upload({ repository, signal }: Image): Promise<{ readonly minPiece: number }> {
    const { clock, retryPolicy: policy, onWait } = this.#host.patience;
    const { host } = this.#host.endpoint;
    const retry = { clock, policy, onWait };
    const session = await openSession({ host, path: repository, transport: this.#host, retry }, { signal });
    await session.cancel();
    return { minPiece: session.minPiece };
  }

  async #ask(
    repository: string,
    request: Pick<Request, 'method' | 'target' | 'headers' | 'signal'> & Partial<Pick<Request, 'expect'>>,
  ): Promise<Answer> {
    const scopes = [{ repository, actions: ['pull'] }] as const;
    const answer = await this.#host.send({ expect: [200], ...request, scopes });
    await answer.discard();
    return answer;
  }
}

/** What a refusal says of an ability; what is no refusal is thrown. */
async function ability(task: () => Promise<boolean>): Promise<Ability> {
  try {
    return (await task()) ? 'yes' : 'no';
  } catch (error) {
    if (hasCode(error, 'UNAUTHORIZED', 'DENIED', 'CREDENTIALS_UNAVAILABLE')) return 'denied';
    if (hasCode(error, 'NOT_FOUND', 'UNSUPPORTED', 'UPLOAD_REJECTED', 'PROTOCOL_ERROR')) return 'no';
    throw error;
  }
}
