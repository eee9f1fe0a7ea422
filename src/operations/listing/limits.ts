/** `reg limits`: how many pulls a registry still allows. */

import type { CallOptions } from '../../content/types.js';
import { explain, hasCode, RegError } from '../../errors.js';
import type { RateLimit } from '../../registry/survey/rate-limit.js';
import { familiarName, type Reference } from '../../spec/reference.js';
import type { Connection } from '../connect/connect.js';
import { DEFAULT_SERVER } from '../server-name.js';
import { askRateLimit } from './rate-limit.js';
import { parseTarget } from '../target.js';
import { findLogin } from '../logins/whoami.js';

export interface Limits {
  /** As in a reference: `docker.io`. */
  readonly registry: string;
  /** Username of the login that was used, or where it comes from; undefined for anonymous. */
  readonly login: string | undefined;
  /** Undefined where the registry says nothing of a limit. */
  readonly rateLimit: RateLimit | undefined;
}

/**
 * Of Docker Hub by itself, of any other registry by one of its images; counts as no pull. Throws INVALID_REFERENCE,
 * INVALID_ARGUMENT, and what the registry throws.
 */
export async function readLimits(
  target: string,
  { connection, signal }: CallOptions & { readonly connection: Connection },
): Promise<Limits> {
  const { host, image } = parseTarget(target);
  if (image === undefined && host !== DEFAULT_SERVER)
    throw new RegError('INVALID_ARGUMENT', `${host} reports its pull limit for single images only`, {
      hint: `Name one: ${host}/NAME.`,
    });
  try {
    const rateLimit = await askRateLimit(connection.survey(host), { image, signal });
    const login = await findLogin(host, { connection });
    return { registry: host, login: login?.username ?? login?.source, rateLimit };
  } catch (error) {
    throw explain(missing(error, image), `cannot read the rate limit of ${host}`);
  }
}

/** A registry says no more than "404" of an image that is asked for without its bytes. */
function missing(error: unknown, image: Reference | undefined): unknown {
  if (image === undefined || !hasCode(error, 'NOT_FOUND')) return error;
  return new RegError('NOT_FOUND', `there is no ${familiarName(image)}`, {
    hint: 'Name an image that is there.',
    cause: error,
  });
}
