/** Whether somebody answers there. */

import { formatPeer } from '../../../registry/net/addresses.js';
import { good, type Check } from '../check.js';
import type { RegistrySubject } from '../registry-subject.js';

export const connection: Check<RegistrySubject> = {
  check: 'connection',
  title: 'Connection',
  needs: ['name'],
  async look({ survey: { way } }) {
    const proxy = await way.proxy();
    const { address, tookMs } = await way.connect();
    const ms = Math.max(1, Math.round(tookMs));
    const to = proxy === undefined ? `to ${address}` : `by the proxy ${formatPeer(proxy)}`;
    return good(`${to} in ${ms} ms`, { address, ms });
  },
};
