/** How many pulls are left; asked for in a way that does not count as one. */

import { RegError } from '../../errors.js';
import { registryName } from '../image-name.js';
import { bad, good, none, type Check } from './check.js';
import { span } from './dates.js';
import type { RegistrySubject } from './subject.js';

/** What Docker Hub has for those who name no image (Docker docs, "Usage and limits"). */
const HUB_PREVIEW = { repository: 'ratelimitpreview/test', name: 'latest' };

export const rateLimit: Check<RegistrySubject> = {
  check: 'rate-limit',
  title: 'Rate limit',
  needs: ['access', 'image'],
  async look({ image, survey, signal }) {
    const named = image && { repository: image.reference.path, name: registryName(image.reference) };
    const target = named ?? HUB_PREVIEW;
    const found = await survey.rateLimit({ ...target, signal });
    if (found === undefined) return none('the registry says nothing of one');
    const { limit, remaining, windowSeconds } = found;
    const window = windowSeconds === undefined ? '' : ` in ${span(windowSeconds * 1000)}`;
    const text = `${remaining} of ${limit} pulls${window} are left`;
    if (remaining > 0) return good(text, { ...found });
    const hint = 'Wait, log in, or pull by a mirror: many registries allow more to those who are logged in.';
    return bad(new RegError('RATE_LIMITED', text, { hint }), { ...found });
  },
};
