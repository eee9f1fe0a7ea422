/** Redirects, followed by hand: the one place that goes where a server points (faults: advisories 1.1). */

import type { Answer } from '../transport.js';
import { RegError } from '../../errors.js';
import type { Care, HttpRequest } from './http.js';
import { isHttp } from '../net/addresses.js';
import { formatUrl, isSameOrigin, mayCarry, type Luggage } from '../origin.js';

export type Send = (request: HttpRequest) => Promise<Answer>;

/** A value of the Authorization header, and what is known of it. */
export interface Grant extends Luggage {
  readonly authorization: string;
}

/** How to travel. */
export interface Route {
  readonly send: Send;
  /** Goes along as far as it may, and no further. */
  readonly grant?: Grant | undefined;
  /** Headers that go no further than the origin of the first request. Lower-case names. */
  readonly own?: Readonly<Record<string, string>> | undefined;
  /** With what care to connect to a URL that a redirect names. */
  readonly careFor: (url: URL) => Promise<Care>;
  /** Throws when a URL that a redirect names breaks more rules than those for all redirects. */
  readonly check?: ((url: URL) => void) | undefined;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_HOPS = 10;

/**
 * The answer at the end of all redirects. Throws PROTOCOL_ERROR for a redirect that is refused, and what `send`,
 * `careFor` and `check` throw.
 */
export async function follow(first: HttpRequest, route: Route): Promise<Answer> {
  let request = first;
  let { grant, own } = route;
  for (let hops = 0; ; hops++) {
    // Once it was left behind it stays behind, also when the way leads back.
    if (grant !== undefined && !mayCarry(request.url, grant)) grant = undefined;
    if (!isSameOrigin(request.url, first.url)) own = undefined;
    const answer = await route.send(withGrant(withHeaders(request, own), grant));
    if (!REDIRECTS.has(answer.status)) return hops === 0 ? answer : { ...answer, redirected: true };
    await answer.discard();
    if (hops === MAX_HOPS) throw refusal(first.url, `it redirected ${MAX_HOPS} times`);
    const url = nextUrl(request, answer);
    route.check?.(url);
    request = { ...request, url, care: await route.careFor(url) };
  }
}

/** What the request itself says counts. */
function withHeaders(request: HttpRequest, own: Route['own']): HttpRequest {
  return own === undefined ? request : { ...request, headers: { ...own, ...request.headers } };
}

function withGrant(request: HttpRequest, grant: Grant | undefined): HttpRequest {
  if (grant === undefined) return request;
  return { ...request, headers: { ...request.headers, authorization: grant.authorization } };
}

function nextUrl({ url, method }: HttpRequest, answer: Answer): URL {
  const location = answer.header('location');
  if (location === undefined || location === '') throw refusal(url, 'it redirects without saying where to');
  if (!URL.canParse(location, url.href)) throw refusal(url, 'it redirects to something that is not a URL');
  const next = new URL(location, url);
  if (!isHttp(next)) throw refusal(url, `it redirects to ${next.protocol}`);
  if (next.username !== '' || next.password !== '')
    throw refusal(url, 'it redirects to a URL with a username');
  const to = formatUrl(next);
  if (url.protocol === 'https:' && next.protocol === 'http:')
    throw refusal(url, `it redirects from https to ${to}`);
  const isReading = method === 'GET' || method === 'HEAD';
  const keepsMethod = (answer.status === 307 || answer.status === 308) && isSameOrigin(next, url);
  if (!isReading && !keepsMethod) throw refusal(url, `it redirects ${method} to ${to}`);
  return next;
}

function refusal(url: URL, why: string): RegError {
  return new RegError('PROTOCOL_ERROR', `refusing to follow ${url.host}: ${why}`, {
    url: formatUrl(url),
    hint: 'Whoever runs the registry has to fix its redirects.',
  });
}
