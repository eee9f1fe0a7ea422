/** Where an upload goes on: the `Location` of the server's last answer. */

import { RegError } from '../../errors.js';
import type { Digest } from '../../spec/digest.js';
import { cleanText } from '../../spec/text.js';

/**
 * The URL that `location` means, seen from the URL that answered. Only the origin that answered is taken: next comes
 * a private layer and a token (oras-go GO-2026-5882). Throws PROTOCOL_ERROR.
 */
export function uploadLocation(location: string | undefined, base: URL): URL {
  if (location === undefined || location === '') {
    throw new RegError(
      'PROTOCOL_ERROR',
      `${base.host} began an upload without saying where: no Location header`,
    );
  }
  const url = parse(location.trim(), base);
  if (url === undefined || url.username !== '' || url.password !== '') {
    throw new RegError('PROTOCOL_ERROR', `${base.host} sends the upload to a place that is not a URL`);
  }
  raiseToHttps(url, base);
  if (url.origin === base.origin) return url;
  throw new RegError(
    'PROTOCOL_ERROR',
    `${base.host} sends the upload to ${cleanText(url.origin)}, which is refused`,
    {
      hint: 'Credentials and layers go to the registry itself only; its administrator should set its external URL.',
    },
  );
}

/** `location` with the digest behind its query, which stays as it is to the letter: it may be signed. */
export function withDigest(location: URL, digest: Digest): URL {
  const text = location.href.replace(/#.*$/s, '');
  const separator = !text.includes('?') ? '?' : /[?&]$/.test(text) ? '' : '&';
  return new URL(`${text}${separator}digest=${encodeURIComponent(digest)}`);
}

function parse(location: string, base: URL): URL | undefined {
  // Some leave the scheme out: "host:5000/v2/…", which would be read as a path, or as a scheme "host:".
  const hasHostOnly = location.toLowerCase().startsWith(`${base.host}/`);
  const text = hasHostOnly ? `${base.protocol}//${location}` : location;
  return URL.canParse(text, base.href) ? new URL(text, base) : undefined;
}

/** Behind a proxy that forgets X-Forwarded-Proto a registry thinks it is on http, and on port 80. */
function raiseToHttps(url: URL, base: URL): void {
  if (url.protocol !== 'http:' || base.protocol !== 'https:' || url.hostname !== base.hostname) return;
  const isDefaultPort = url.port === '';
  url.protocol = 'https:';
  if (isDefaultPort) url.port = base.port;
}
