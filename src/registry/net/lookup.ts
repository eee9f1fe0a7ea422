/** Names, turned into addresses by the system. */

import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';

import { untilAborted } from '../../content/abort.js';
import { isLocalhostName, isPrivateAddress } from './addresses.js';

/** All addresses of a bare host name or address. */
export async function addressesOf(hostname: string): Promise<readonly LookupAddress[]> {
  if (isIP(hostname) !== 0) return [addressOf(hostname)];
  // RFC 6761, 6.3: not asked for in the DNS, where somebody else could answer.
  if (isLocalhostName(hostname)) return [addressOf('127.0.0.1'), addressOf('::1')];
  const { lookup } = await import('node:dns/promises');
  return lookup(hostname, { all: true });
}

/** An address, as if it had been looked up. */
export function addressOf(address: string): LookupAddress {
  return { address, family: isIP(address) };
}

/**
 * Whether a name leads into a private network, as far as this machine knows: behind a proxy it may know no names, and
 * be slow to say so. Each is asked for once, because no connection is made to what comes out.
 */
export function createPrivateCheck(patienceMs: number): (hostname: string) => Promise<boolean> {
  const verdicts = new Map<string, Promise<boolean>>();
  const judge = async (hostname: string): Promise<boolean> => {
    try {
      const addresses = await untilAborted(addressesOf(hostname), AbortSignal.timeout(patienceMs));
      return addresses.some(({ address }) => isPrivateAddress(address));
    } catch {
      // A name that leads nowhere leads to no private network.
      return false;
    }
  };
  return (hostname) => {
    const verdict = verdicts.get(hostname) ?? judge(hostname);
    verdicts.set(hostname, verdict);
    return verdict;
  };
}
