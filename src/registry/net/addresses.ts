/** What a host name or address says about where it leads: to this machine, into a private network, or outside. */

import { BlockList, isIP, isIPv4 } from 'node:net';

import { once } from '../../content/once.js';

/** IPv4 ranges that are not on the public internet (RFC 6890, and multicast). */
const PRIVATE_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

/** The same for IPv6: loopback and IPv4-compatible, local NAT64, unique local, link- and site-local, multicast. */
const PRIVATE_IPV6 = [
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
] as const;

const NAT64_BITS = 96;

/** Made when somebody asks: Node loads some more for them, and has to be told of each range. */
const privateRanges = once(() => {
  const ranges = new BlockList();
  for (const [net, bits] of PRIVATE_IPV4) {
    // IPv4-mapped addresses (::ffff:a.b.c.d) are checked against these by BlockList itself.
    ranges.addSubnet(net, bits, 'ipv4');
    ranges.addSubnet(`64:ff9b::${net}`, NAT64_BITS + bits, 'ipv6');
  }
  for (const [net, bits] of PRIVATE_IPV6) ranges.addSubnet(net, bits, 'ipv6');
  return ranges;
});

const loopbackRanges = once(() => {
  const ranges = new BlockList();
  ranges.addSubnet('127.0.0.0', 8, 'ipv4');
  ranges.addAddress('::1', 'ipv6');
  return ranges;
});

/** The host name of a URL as the system's resolver wants it: no brackets, no dot at the end. */
export function bareHostname({ hostname }: { readonly hostname: string }): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

export function isHttp(url: URL): boolean {
  return url.protocol === 'https:' || url.protocol === 'http:';
}

/** The port of an http or https URL, also when it is the default. */
export function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

/** Host and port as they are shown, and as an authority (RFC 3986, 3.2) is written. */
export function formatPeer({ hostname, port }: { readonly hostname: string; readonly port: number }): string {
  return `${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port}`;
}

/** Whether a name always means this machine (RFC 6761, 6.3). */
export function isLocalhostName(hostname: string): boolean {
  return /^(.+\.)?localhost$/i.test(hostname);
}

/** Whether a bare host name or address leads to this machine, judged without asking anybody. */
export function isLoopback(hostname: string): boolean {
  if (isIPv4(hostname)) return hostname.startsWith('127.');
  return isLocalhostName(hostname) || isIn(loopbackRanges, hostname);
}

/** Whether an address is of a private, loopback, link-local or other range that the internet does not route. */
export function isPrivateAddress(address: string): boolean {
  return isIn(privateRanges, address);
}

/** Whether a bare host name says by itself that it leads to this machine or into a private network. */
export function isPrivateHost(hostname: string): boolean {
  return isLocalhostName(hostname) || isPrivateAddress(hostname);
}

function isIn(ranges: () => BlockList, address: string): boolean {
  const [plain = ''] = address.split('%');
  const version = isIP(plain);
  return version !== 0 && ranges().check(plain, version === 6 ? 'ipv6' : 'ipv4');
}
