/** What the name of the registry stands for. */

import { isIP } from 'node:net';

import { formatPeer } from '../../../registry/net/addresses.js';
import { listTexts } from '../../../spec/text.js';
import { good, none, type Check } from '../check.js';
import type { RegistrySubject } from '../registry-subject.js';

const MAX_SHOWN = 4;

export const name: Check<RegistrySubject> = {
  check: 'name',
  title: 'Name',
  needs: ['proxy'],
  async look({ survey: { way } }) {
    const { hostname } = way;
    if (way.isPinned) return none(`${hostname} is not looked up: --resolve says where it is`);
    if (isIP(hostname) !== 0) return none(`${hostname} is an address`);
    const proxy = await way.proxy();
    if (proxy !== undefined) return none(`${hostname} is for the proxy ${formatPeer(proxy)} to look up`);
    const addresses = await way.addresses();
    return good(`${hostname} is ${listTexts(addresses, MAX_SHOWN)}`, { hostname, addresses });
  },
};
