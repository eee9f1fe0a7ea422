/** Asks a token service. What it is shown goes no further than its own origin, whatever it redirects to. */

import type { Endpoint } from '../endpoint.js';
import type { HttpRequest } from '../http/http.js';
import { mayCarry } from '../origin.js';
import { follow, type Send } from '../http/redirect.js';
import type { Answer } from '../transport.js';
import { checkRealm } from './realm.js';

/** Sends a request to a token service; `secret` says that its body is one, or what stands for it in a header. */
export type AskRealm = (
  request: HttpRequest,
  secret?: { readonly authorization?: string },
) => Promise<Answer>;

export interface AskRealmOptions {
  readonly send: Send;
  readonly endpoint: Pick<Endpoint, 'careFor' | 'careForRedirect' | 'headersFor'>;
  readonly plainHttpAuth: boolean;
}

/** Asks the token services that the registry at `base` names. */
export function createAskRealm(base: URL, { send, endpoint, plainHttpAuth }: AskRealmOptions): AskRealm {
  return async (request, secret) => {
    const luggage = { owner: request.url, secret: true, plainHttpAuth };
    // A secret in the body does not pass by `follow`, which decides on headers: so it is decided on here.
    if (secret !== undefined) mayCarry(request.url, luggage);
    const { authorization } = secret ?? {};
    const grant = authorization === undefined ? undefined : { ...luggage, authorization };
    return follow(
      { ...request, care: await endpoint.careFor(request.url) },
      {
        send,
        grant,
        own: await endpoint.headersFor(request.url),
        careFor: (url) => endpoint.careForRedirect(url),
        check: (url) => checkRealm(url, base),
      },
    );
  };
}
