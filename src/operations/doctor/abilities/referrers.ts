/** Whether the registry lists what refers to an image, such as its signatures. */

import { able } from './ability.js';
import type { Check } from '../check.js';
import type { NamedSubject } from '../registry-subject.js';

export const referrers: Check<NamedSubject> = {
  check: 'referrers',
  title: 'Referrers',
  needs: ['access', 'image'],
  async look({ image, survey, signal }) {
    const { digest } = await image.descriptor();
    const ability = await survey.referrers({ repository: image.reference.path, digest, signal });
    return able(ability, {
      yes: 'listed by the registry',
      no: 'not listed by the registry: tags stand in for that',
    });
  },
};
