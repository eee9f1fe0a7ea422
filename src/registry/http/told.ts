/** What `--debug` tells of connections and requests, without what is secret in them. */

import type { Clock } from '../../content/retry.js';
import type { Redactor } from '../../spec/redactor.js';
import { bareHostname, portOf } from '../net/addresses.js';
import type { Http } from './http.js';
import type { Notices } from '../notices.js';
import { formatUrl } from '../origin.js';
import { formatPeerBy, type Proxy } from '../net/proxy.js';
import type { Send } from './redirect.js';

/** Tells of a proxy before a URL, and has its password masked from then on. */
export type Announce = (proxy: Proxy, url: URL) => Proxy;

export function announcer({
  notices,
  redactor,
}: {
  readonly notices: Notices;
  readonly redactor: Redactor;
}): Announce {
  return (proxy, url) => {
    const { login, from } = proxy;
    if (login !== undefined) {
      redactor.add(login.password);
      redactor.add(`${login.username}:${login.password}`);
    }
    const target = { hostname: bareHostname(url), port: portOf(url) };
    notices.say('debug', `connecting to ${formatPeerBy(proxy, target)}, as ${from} says`);
    return proxy;
  };
}

/** Requests that are each told of in one line, without query or headers. */
export function traced(
  http: Http,
  { notices, clock }: { readonly notices: Notices; readonly clock: Clock },
): Send {
  return async (request) => {
    const from = clock.now();
    const tell = (outcome: string | number): void =>
      notices.say(
        'debug',
        `${request.method} ${formatUrl(request.url)} ${outcome} ${Math.round(clock.now() - from)} ms`,
      );
    try {
      const answer = await http.send(request);
      tell(answer.status);
      return answer;
    } catch (error) {
      tell(error instanceof Error ? error.message : 'failed');
      throw error;
    }
  };
}
