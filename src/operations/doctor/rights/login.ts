/** Which login is used, and where it comes from; never the login itself. */

import type { Credential } from '../../../credentials/credential.js';
import { quoteText } from '../../../spec/text.js';
import { good, none, type Check } from '../check.js';
import type { RegistrySubject } from '../registry-subject.js';

export const login: Check<RegistrySubject> = {
  check: 'login',
  title: 'Login',
  async look({ host, image, loginFor }) {
    const found = await loginFor({ host, repository: image?.reference.path });
    if (found === undefined) return none('none: anonymous');
    const { credential, source } = found;
    return good(`${describe(credential)}, from ${source}`, { source });
  },
};

function describe(credential: Credential): string {
  if ('registryToken' in credential) return 'a token for the registry';
  const { username = '' } = credential;
  const user = username === '' ? '' : ` of ${quoteText(username, 60)}`;
  return 'identityToken' in credential ? `a refresh token${user}` : `the password${user}`;
}
