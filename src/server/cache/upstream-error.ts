/** What goes wrong between a cache and the registry behind it. */

import { explain, hasCode, type RegError } from '../../errors.js';
import type { Upstream } from './names.js';

/** Whether the registry may be well again later. What it refuses is refused, whatever is kept. */
export function isOutage(error: unknown): error is RegError {
  return hasCode(
    error,
    'UNREACHABLE',
    'TIMEOUT',
    'TLS_ERROR',
    'SERVER_ERROR',
    'RATE_LIMITED',
    'PROTOCOL_ERROR',
  );
}

/** Says of an error that it is the other registry's, not the client's who asks the cache. */
export function explainUpstream(error: unknown, { domain, path }: Upstream): unknown {
  return explain(error, `cannot fetch from ${domain}/${path}`, { side: 'source' });
}
