/** The repositories of a registry, page by page: of distribution, and no part of the specification. */

import type { Host } from '../host.js';
import { listPages, type ListOptions } from './pages.js';

/**
 * All repositories that the login may see, in the server's order; they are text from outside. Throws what every request
 * throws: UNAUTHORIZED, DENIED, NOT_FOUND or UNSUPPORTED where there is no list; PROTOCOL_ERROR, TOO_LARGE.
 */
export function listRepositories(host: Host, options: ListOptions = {}): AsyncGenerator<string> {
  const { host: name } = host.endpoint;
  const { clock, retryPolicy: policy, onWait } = host.patience;
  return listPages({
    ...options,
    host: name,
    transport: host,
    retry: { clock, policy, onWait },
    target: '/v2/_catalog',
    // What a token has to allow, "registry:catalog:*", the challenge says (distribution, docs/spec/auth/scope.md).
    scopes: [],
    key: 'repositories',
    what: `the list of repositories of ${name}`,
  });
}
