/** Which files of this machine say how to reach the registry. */

import { quoteText } from '../../../spec/text.js';
import { good, none, type Check } from '../check.js';
import type { RegistrySubject } from '../registry-subject.js';

export const settings: Check<RegistrySubject> = {
  check: 'settings',
  title: 'Settings',
  async look({ host, settingsFiles }) {
    const files = await settingsFiles(host);
    if (files.length === 0) return none('none for this registry');
    return good(`in ${files.map((file) => quoteText(file)).join(', ')}`, { files });
  },
};
