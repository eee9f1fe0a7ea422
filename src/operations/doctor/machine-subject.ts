/** This machine, as far as it matters to `reg`: what several checks look at. */

import type { Layout } from '../../layout/layout.js';
import type { ProxyFor } from '../../registry/net/proxy.js';
import type { RouteLookup } from '../../spec/route.js';

export interface MachineSubject {
  readonly versions: { readonly reg: string; readonly node: string };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of docker's config.json. */
  readonly dockerConfig: string | undefined;
  /** Paths of containers' auth.json. */
  readonly containersAuth: readonly string[];
  /** Path of the file in which `reg login` notes what it keeps in the keychain. */
  readonly keychainIndex: string | undefined;
  /** Folders `certs.d`. */
  readonly certificates: readonly string[];
  readonly proxyFor: ProxyFor;
  readonly routeFor: RouteLookup;
  readonly store: () => Promise<Layout>;
  /** Sizes for people. */
  readonly formatBytes: (bytes: number) => string;
}
