/** What a client is told: how to connect, whom to trust, and what to remember. */

import type { Clock, RetryPolicy } from '../content/retry.js';
import type { Redactor } from '../spec/redactor.js';
import type { Identity, RouteLookup, SettingsLookup } from '../spec/route.js';
import type { CredentialLookup } from './auth/credential.js';
import type { ChallengeMemory } from './auth/remembered.js';
import type { PlainMemory } from './endpoint.js';
import type { Pin } from './net/dial.js';
import type { ProxyFor } from './net/proxy.js';
import type { Notice } from './notices.js';

export interface ClientOptions {
  readonly clock: Clock;
  /**
   * Default: everything is anonymous. Called once for each repository, and again when what it gave has run out; only when
   * the host asks.
   */
  readonly credentials?: CredentialLookup | undefined;
  /** Speaks http, not https, to hosts that are not this machine. Default false. */
  readonly plainHttp?: boolean | undefined;
  /** Sends passwords over plain http to hosts that are not this machine. Default false. */
  readonly plainHttpAuth?: boolean | undefined;
  /** Takes any certificate of a registry; not of the hosts that it leads to. Default false. */
  readonly insecure?: boolean | undefined;
  /** Where connections to a host and port go instead. */
  readonly resolve?: readonly Pin[] | undefined;
  /** The proxy before a URL; default: none. Not asked for a host that `resolve` names. */
  readonly proxyFor?: ProxyFor | undefined;
  /** Certificates (PEM) of authorities that are trusted beside those that Node trusts. */
  readonly ca?: readonly string[] | undefined;
  /** Those of the system (PEM), called only when nobody else vouches for a host. Default: none. */
  readonly systemAuthorities?: (() => Promise<readonly string[]>) | undefined;
  /** Who we are to the registries themselves, should they ask; what `settingsFor` knows for one goes behind. */
  readonly identity?: Identity | undefined;
  /** Sent to the registries themselves with every request, and to no host that they lead to. Lower-case names. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What is set for one registry. Default: nothing. */
  readonly settingsFor?: SettingsLookup | undefined;
  /** Where an image is read from. Default: from the registry itself. */
  readonly routeFor?: RouteLookup | undefined;
  /** For name, connection, proxy and TLS together, in milliseconds; default 10 000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long a server may send nothing, or take nothing of an upload, in milliseconds; default 60 000. */
  readonly idleTimeoutMs?: number | undefined;
  /** Whether the password for `registry` may go to the token service on the host `realm`, which is not obviously its. */
  readonly authHosts?: ((registry: string, realm: string) => boolean | Promise<boolean>) | undefined;
  /**
   * Asks token services for a refresh token, which may be kept in place of the password, and is told it where they have
   * one. Default: they are not asked.
   */
  readonly onRefreshToken?: ((token: string) => void) | undefined;
  /** Remembers from run to run what registries said of themselves. Default: they are asked each time. */
  readonly memory?: HostMemory | undefined;
  readonly retryPolicy?: RetryPolicy | undefined;
  /** Most connections to one host over which large blobs come at once; default 24, 1 for one a blob. */
  readonly connections?: number | undefined;
  readonly onNotice?: ((notice: Notice) => void) | undefined;
  /** Learns all secrets that come up. */
  readonly redactor?: Redactor | undefined;
  readonly userAgent?: string | undefined;
}

/** What registries said of themselves, from run to run. */
export interface HostMemory extends ChallengeMemory, PlainMemory {}
