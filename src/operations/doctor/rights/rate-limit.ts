/** How many pulls are left; asked for in a way that does not count as one. */

import { askRateLimit, describeRateLimit, noneLeft } from '../../listing/rate-limit.js';
import { bad, good, none, type Check } from '../check.js';
import type { RegistrySubject } from '../registry-subject.js';

export const rateLimit: Check<RegistrySubject> = {
  check: 'rate-limit',
  title: 'Rate limit',
  needs: ['access', 'image'],
  async look({ image, survey, signal }) {
    const found = await askRateLimit(survey, { image: image?.reference, signal });
    if (found === undefined) return none('the registry says nothing of one');
    if (found.remaining > 0) return good(describeRateLimit(found), { ...found });
    return bad(noneLeft(found), { ...found });
  },
};
