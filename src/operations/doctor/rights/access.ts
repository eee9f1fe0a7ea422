/** Whether the registry lets us in with the login that there is. */

import { hasCode } from '../../../errors.js';
import { good, type Check } from '../check.js';
import type { ImageSubject, RegistrySubject } from '../registry-subject.js';

export const access: Check<RegistrySubject> = {
  check: 'access',
  title: 'Access',
  needs: ['api', 'login'],
  async look({ host, loginFor, image, survey, signal }) {
    await (image === undefined ? survey.letIn(signal) : seen(image));
    const isKnown = (await loginFor({ host, repository: image?.reference.path })) !== undefined;
    return good(isKnown ? 'the login is accepted' : 'it lets us in without a login');
  },
};

/** Some registries greet nobody without a login, and yet let everybody pull. Who is told that nothing is there is let in. */
async function seen({ descriptor }: ImageSubject): Promise<void> {
  try {
    await descriptor();
  } catch (error) {
    if (!hasCode(error, 'NOT_FOUND')) throw error;
  }
}
