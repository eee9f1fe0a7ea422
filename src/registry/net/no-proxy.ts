/** What `NO_PROXY` says, read as Go reads it (golang.org/x/net/http/httpproxy), and with it docker. */

import { BlockList, isIP } from 'node:net';

import { bareHostname, portOf } from './addresses.js';

/**
 * Whether `list` names the host of a URL: `*`, a host (and all hosts below it), `.host` (only those below it), an
 * address, each with or without a port; or a network such as `10.0.0.0/8`. Names are not looked up.
 */
export function isExempt(url: URL, list: string): boolean {
  const target = { hostname: bareHostname(url), port: portOf(url) };
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matches(entry, target));
}

interface Target {
  readonly hostname: string;
  readonly port: number;
}

function matches(entry: string, { hostname, port }: Target): boolean {
  if (entry === '*') return true;
  const [, rule = entry, onlyPort] = (isIP(entry) === 6 ? null : /^(.+):(\d+)$/.exec(entry)) ?? [];
  if (onlyPort !== undefined && Number(onlyPort) !== port) return false;
  const [address = '', bits] = rule.replace(/[[\]]/g, '').split('/');
  if (isIP(address) !== 0) return isWithin(hostname, address, bits);
  if (isIP(hostname) !== 0) return false;
  const name = rule.replace(/^\*(?=\.)/, '').replace(/\.$/, '');
  return name.startsWith('.') ? hostname.endsWith(name) : `.${hostname}`.endsWith(`.${name}`);
}

function isWithin(hostname: string, network: string, bits: string | undefined): boolean {
  const [family, most] = isIP(network) === 6 ? (['ipv6', 128] as const) : (['ipv4', 32] as const);
  const prefix = bits === undefined ? most : Number(bits);
  const isNetwork = Number.isInteger(prefix) && prefix >= 0 && prefix <= most && !network.includes('%');
  if (!isNetwork || isIP(hostname) === 0) return false;
  // A BlockList takes ::ffff:10.0.0.1 and 10.0.0.1 for the same, on either side.
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return list.check(hostname, isIP(hostname) === 6 ? 'ipv6' : 'ipv4');
}
