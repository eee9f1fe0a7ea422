/**
 * URLs of mirrors. As containerd has it (docs/hosts.md), `/v2` is added where the path does not say it; what follows a
 * `/v2` is the beginning of the repository's name there, as with the proxy projects of Harbor.
 */

import { isSameRegistry } from '../spec/docker-hub.js';
import { type ImageName, type PullSource } from '../spec/route.js';

export interface MirrorUrl {
  readonly url: URL;
  /** The root of the API is the path as it stands: containerd's `override_path`. Default false. */
  readonly isRoot?: boolean | undefined;
}

/** Undefined for what is no http or https URL, and for one with a user, a query or a fragment. Without a scheme it is https. */
export function parseMirrorUrl(text: string): URL | undefined {
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') return undefined;
  return url.username + url.password + url.search + url.hash === '' ? url : undefined;
}

/** Where at a mirror an image is. Without a namespace it is the registry itself, which may be named by its URL, too. */
export function placeAt(
  { url, isRoot = false }: MirrorUrl,
  { domain, path }: ImageName,
): Pick<PullSource, 'host' | 'path' | 'root' | 'namespace'> {
  const [, before = '', prefix = ''] = splitRoot(url.pathname, isRoot);
  const root = `${url.protocol}//${url.host}${before}`;
  const isItself = isSameRegistry(url.host, domain) && before === '/v2' && prefix === '';
  if (isItself) return { host: domain, path, ...(url.protocol === 'http:' && { root }) };
  return { host: url.host, path: prefix === '' ? path : `${prefix}/${path}`, root, namespace: domain };
}

/** A path as the root of an API, and what of a repository's name comes with it. */
function splitRoot(pathname: string, isRoot: boolean): readonly string[] {
  const clean = pathname.replace(/\/{2,}/g, '/').replace(/\/$/, '');
  return (
    /^(.*?\/v2)(?:\/(.+))?$/.exec(isRoot || /\/v2(\/|$)/.test(clean) ? clean : `${clean}/v2`) ?? ['', clean]
  );
}
