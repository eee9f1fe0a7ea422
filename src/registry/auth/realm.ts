/**
 * The realm of a Bearer challenge: a URL of the registry's choice that we are to send a password to. Here it is
 * decided whether it is asked at all, and whether it may see the password (CVE-2026-48978, CVE-2026-33540).
 */

import { RegError } from '../../errors.js';
import { quoteText } from '../../spec/text.js';
import { bareHostname, isHttp, isPrivateHost } from '../net/addresses.js';
import { formatUrl } from '../origin.js';

/** Longest realm, and longest URL made of one, in characters. */
export const MAX_URL = 8 * 1024;

/** Realms that are known to belong to a registry; `tldts` need not be loaded for them. */
const KNOWN: Readonly<Record<string, string>> = { 'registry-1.docker.io': 'auth.docker.io' };

export interface RealmOptions {
  /** The registry's root URL. */
  readonly base: URL;
  /** Makes text from outside safe to print. */
  readonly clean: (text: string) => string;
}

const HINT = 'Whoever runs the registry has to fix the token service that it names.';

/** The token service that a challenge names. Throws PROTOCOL_ERROR for one that must not be asked. */
export function parseRealm(realm: string, { base, clean }: RealmOptions): URL {
  const refuse = (why: string): RegError =>
    new RegError('PROTOCOL_ERROR', `refusing the realm that ${base.host} names: ${why}`, { hint: HINT });
  if (realm === '') throw refuse('it is empty');
  if (realm.length > MAX_URL) throw refuse(`it is longer than ${MAX_URL} characters`);
  if (!URL.canParse(realm, base.href)) throw refuse(`${quoteText(clean(realm), 100)} is not a URL`);
  const url = new URL(realm, base);
  checkRealm(url, base);
  return url;
}

/** The rules for a realm, and for every URL that it redirects to. Throws PROTOCOL_ERROR. */
export function checkRealm(url: URL, base: URL): void {
  const fault = findFault(url, base);
  if (fault === undefined) return;
  const where = isHttp(url) ? formatUrl(url) : url.protocol;
  throw new RegError('PROTOCOL_ERROR', `refusing the realm ${where} of ${base.host}: ${fault}`, {
    hint: HINT,
  });
}

function findFault(url: URL, base: URL): string | undefined {
  if (!isHttp(url)) return 'only https can be asked for a token';
  if (url.protocol === 'http:' && base.protocol !== 'http:')
    return 'it is plain http, and the registry is not';
  if (url.username !== '' || url.password !== '') return 'its URL holds a username';
  const hostname = bareHostname(url);
  if (isPrivateHost(hostname) && hostname !== bareHostname(base)) return 'it is a private address';
  return undefined;
}

/** Whether a realm belongs to the registry: the same host, or hosts of one registrable domain. */
export async function belongsTogether(realm: URL, base: URL): Promise<boolean> {
  const [one, other] = [bareHostname(realm), bareHostname(base)];
  if (one === other || KNOWN[other] === one) return true;
  const { getDomain } = await import('tldts');
  // "Private" suffixes count: two customers of github.io or of a cloud's load balancers are strangers.
  const domain = getDomain(one, { allowPrivateDomains: true });
  return domain !== null && domain === getDomain(other, { allowPrivateDomains: true });
}
