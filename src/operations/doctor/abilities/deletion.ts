/** Whether images can be deleted there; asked for with a digest that nobody has. */

import { able } from './ability.js';
import type { Check } from '../check.js';
import type { NamedSubject } from '../registry-subject.js';

export const deletion: Check<NamedSubject> = {
  check: 'deletion',
  title: 'Deletion',
  needs: ['access', 'image'],
  async look({ image, survey, nothing, signal }) {
    const ability = await survey.deletion({ repository: image.reference.path, nothing, signal });
    return able(ability, { yes: 'images can be deleted', no: 'not by this registry' });
  },
};
