/**
 * Which image of which registry a request to a cache means:
 *
 *     /v2/owner/app/…?ns=ghcr.io    of the host that the query names (containerd, docs/hosts.md)
 *     /v2/ghcr.io/owner/app/…       of the host that the path begins with
 *     /v2/library/nginx/…           of the first host (docker's registry-mirrors)
 *
 * No other host than those that the cache stands before is ever asked: it is not a way into somebody's network.
 */

import { parseReference } from '../../spec/reference.js';

/** A repository where it really is. */
export interface Upstream {
  /** Host with port, as in references: `docker.io`. */
  readonly domain: string;
  readonly path: string;
}

/** Hosts of registries, as references name them, at least one. */
export type UpstreamHosts = readonly [first: string, ...others: string[]];

/** Undefined where the query names a host that is none of `hosts`. Throws INVALID_REFERENCE. */
export function upstreamOf(
  hosts: UpstreamHosts,
  { name, namespace }: { readonly name: string; readonly namespace: string | null },
): Upstream | undefined {
  if (namespace !== null) return hosts.includes(namespace) ? repositoryAt(namespace, name) : undefined;
  const [, host = '', path = ''] = /^([^/]+)\/(.+)$/.exec(name) ?? [];
  return hosts.includes(host) ? repositoryAt(host, path) : repositoryAt(hosts[0], name);
}

function repositoryAt(host: string, name: string): Upstream {
  const { domain, path } = parseReference(`${host}/${name}`);
  return { domain, path };
}
