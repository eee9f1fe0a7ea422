/** How many pulls are left at a registry: for `reg limits` and `reg doctor`. */

import type { CallOptions } from '../../content/types.js';
import { RegError } from '../../errors.js';
import type { RateLimit } from '../../registry/survey/rate-limit.js';
import type { Survey } from '../../registry/survey/survey.js';
import type { Reference } from '../../spec/reference.js';
import { span } from '../dates.js';
import { registryName } from '../image-name.js';

/** What Docker Hub has for those who name no image (Docker docs, "Usage and limits"). */
const HUB_PREVIEW = { path: 'ratelimitpreview/test', tag: 'latest' };

/** Asked for in a way that does not count as a pull; without an image only at Docker Hub. Throws as `Survey.rateLimit`. */
export function askRateLimit(
  survey: Survey,
  { image, signal }: CallOptions & { readonly image: Reference | undefined },
): Promise<RateLimit | undefined> {
  const repository = image?.path ?? HUB_PREVIEW.path;
  const name = image === undefined ? HUB_PREVIEW.tag : registryName(image);
  return survey.rateLimit({ repository, name, signal });
}

/** `76 of 100 pulls in 6 hours are left` */
export function describeRateLimit({ limit, remaining, windowSeconds }: RateLimit): string {
  const window = windowSeconds === undefined ? '' : ` in ${span(windowSeconds * 1000)}`;
  return `${remaining} of ${limit} pulls${window} are left`;
}

/** The error for a limit that is used up. */
export function noneLeft(found: RateLimit): RegError {
  const hint = 'Wait, log in, or pull by a mirror: many registries allow more to those who are logged in.';
  return new RegError('RATE_LIMITED', describeRateLimit(found), { hint });
}
