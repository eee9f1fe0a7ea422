/** The search of Docker Hub, as docker itself asks for it (moby, registry/search_session.go): without a login. */

import { retry, type RetryOptions } from '../../content/retry.js';
import type { CallOptions } from '../../content/types.js';
import { RegError } from '../../errors.js';
import { isObject, parseJsonObject, type JsonObject } from '../../spec/json.js';
import type { Send } from '../http/redirect.js';
import { wireError } from '../http/wire-error.js';

/** A repository that was found; all texts are from outside. */
export interface Hit {
  /** `nginx`, `bitnami/nginx` */
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  /** One of Docker's own selection. */
  readonly isOfficial: boolean;
}

export interface SearchOptions extends CallOptions {
  /** 1 to 100. */
  readonly limit: number;
}

interface SearchParts extends SearchOptions {
  readonly send: Send;
  readonly clean: (text: string) => string;
  readonly retry: Omit<RetryOptions, 'signal'>;
}

const URL_OF_SEARCH = 'https://index.docker.io/v1/search';
const MAX_SIZE = 1024 * 1024;
const WHAT = 'what Docker Hub found';

/** The best first. Throws what every request throws. */
export function searchHub(term: string, { limit, ...parts }: SearchParts): Promise<readonly Hit[]> {
  const url = new URL(URL_OF_SEARCH);
  url.search = new URLSearchParams({ q: term, n: String(limit) }).toString();
  return retry(() => ask(url, parts), { ...parts.retry, signal: parts.signal });
}

async function ask(url: URL, { send, clean, signal }: Omit<SearchParts, 'limit'>): Promise<readonly Hit[]> {
  const headers = { accept: 'application/json' };
  const answer = await send({ method: 'GET', url, headers, signal });
  if (answer.status !== 200) throw await wireError(answer, { method: 'GET', clean });
  const { results } = parseJsonObject(await answer.read(MAX_SIZE), { what: WHAT, code: 'PROTOCOL_ERROR' });
  if (!Array.isArray(results)) throw new RegError('PROTOCOL_ERROR', `${WHAT} has no list "results"`);
  return results.filter(isObject).flatMap(readHit);
}

function readHit({
  name,
  description,
  star_count: stars,
  is_official: isOfficial,
}: JsonObject): readonly Hit[] {
  if (typeof name !== 'string' || name === '') return [];
  return [
    {
      name,
      description: typeof description === 'string' ? description : '',
      stars: typeof stars === 'number' ? stars : 0,
      isOfficial: isOfficial === true,
    },
  ];
}
