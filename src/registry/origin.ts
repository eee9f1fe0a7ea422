/**
 * Where a credential may travel. Every request that carries one asks `mayCarry`, and nothing else decides
 * (CVE-2026-50151, GHSA-vh4v-2xq2-g5cg: one code path that forgot to ask, or asked for the host name only).
 */

import { RegError } from '../errors.js';
import { bareHostname, isHttp, isLoopback } from './net/addresses.js';

/** What is known of a credential when it is about to travel. */
export interface Luggage {
  /** The URL whose origin it was meant for. */
  readonly owner: URL;
  /** Whether it gives access that not everybody has; false for a token that was had without a password. */
  readonly secret: boolean;
  /** Whether it may go over plain http to a host that is not this machine. */
  readonly plainHttpAuth: boolean;
}

/**
 * Whether a credential may go to `url`: only to the very scheme, host and port that it was meant for. Throws
 * CREDENTIALS_UNAVAILABLE rather than send a secret in clear text over a network.
 */
export function mayCarry(url: URL, { owner, secret, plainHttpAuth }: Luggage): boolean {
  if (!isSameOrigin(url, owner)) return false;
  const isExposed = url.protocol !== 'https:' && !isLoopback(bareHostname(url));
  if (isExposed && secret && !plainHttpAuth) {
    throw new RegError(
      'CREDENTIALS_UNAVAILABLE',
      `refusing to send a password to ${url.host} over plain http`,
      {
        hint: 'Use https, or accept with --plain-http-auth that others on the way can read it.',
        url: formatUrl(url),
      },
    );
  }
  return true;
}

/** Whether scheme, host and port are equal; default ports count as written out. */
export function isSameOrigin(one: URL, other: URL): boolean {
  return isHttp(one) && one.origin === other.origin;
}

/** A URL as it may be printed: a query may hold a signature, the rest a password. */
export function formatUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
