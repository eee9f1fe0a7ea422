/** The proxies before registries that nothing excepts from them. */

import { formatPeer } from '../../../registry/net/addresses.js';
import { good, none, type Check } from '../check.js';
import type { MachineSubject } from '../machine-subject.js';

export const proxies: Check<MachineSubject> = {
  check: 'proxies',
  title: 'Proxies',
  async look({ proxyFor }) {
    const found = ['https', 'http'].flatMap((scheme) => {
      const proxy = proxyFor(new URL(`${scheme}://registry.example/`));
      return proxy === undefined ? [] : [{ scheme, proxy: formatPeer(proxy), from: proxy.from }];
    });
    if (found.length === 0) return none('none');
    const text = found.map(({ scheme, proxy, from }) => `${proxy} for ${scheme}, as ${from} says`).join('; ');
    return good(text, { proxies: found });
  },
};
