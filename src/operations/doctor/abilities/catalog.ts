/** Whether the registry lists its repositories. */

import { able } from './ability.js';
import type { Check } from '../check.js';
import type { RegistrySubject } from '../registry-subject.js';

export const catalog: Check<RegistrySubject> = {
  check: 'catalog',
  title: 'Catalog',
  needs: ['access'],
  async look({ survey, signal }) {
    return able(await survey.catalog(signal), {
      yes: 'repositories are listed',
      no: 'repositories are not listed',
    });
  },
};
