/** Which proxy lies before the registry, and what named it. */

import { formatPeer } from '../../../registry/net/addresses.js';
import { good, none, type Check } from '../check.js';
import type { RegistrySubject } from '../registry-subject.js';

export const proxy: Check<RegistrySubject> = {
  check: 'proxy',
  title: 'Proxy',
  async look({ survey }) {
    const found = await survey.way.proxy();
    if (found === undefined) return none('none');
    const { from, login } = found;
    const peer = formatPeer(found);
    const isLoggedIn = login !== undefined;
    return good(`${peer}${isLoggedIn ? ', with a password' : ''}, as ${from} says`, { proxy: peer, from });
  },
};
