/**
 * Where an image is read from, and how each host on the way is reached. Read by `config/` from the files of other tools,
 * obeyed by `registry/`.
 */

/** What is set for one registry or mirror, and for no other host. */

export interface HostSettings {
  /** Default `https`; `ask` tries TLS first, then plain http, as for hosts on this machine. */
  readonly scheme?: 'https' | 'http' | 'ask' | undefined;
  /** Accepts any certificate from this host, but not from hosts that it redirects to. Default false. */
  readonly insecure?: boolean | undefined;
  /** Certificate authorities (PEM) to trust for it, and for hosts that it redirects to, besides the usual ones. */
  readonly authorities?: readonly string[] | undefined;
  /** Client certificate for this host alone. */
  readonly identity?: Identity | undefined;
  /** Sent with every request to this host, and to no other. Lower-case names. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Limit for DNS, connection, proxy and TLS handshake together, in milliseconds; default: the client's. */
  readonly connectTimeoutMs?: number | undefined;
  /** Used for this host instead of any other proxy. */
  readonly proxy?: ProxySetting | undefined;
}

export interface ProxySetting {
  /** May hold a password. */
  readonly url: string;
  /** What named it, for messages. */
  readonly from: string;
}

/** A client certificate and its private key, both PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** A place that a repository can be read from: a mirror, or the registry itself. */
export interface PullSource {
  /** Host with port, the key for logins and settings. */
  readonly host: string;
  /** The repository there. */
  readonly path: string;
  /** Root URL of its API, `https://mirror.example/v2`; undefined where it follows from the host. */
  readonly root?: string | undefined;
  /** The registry that it mirrors, to be sent as `?ns=` (containerd, docs/hosts.md). */
  readonly namespace?: string | undefined;
  /** Whether it may resolve tags; if not, it serves digests only. */
  readonly resolves: boolean;
  /** Take precedence over the settings of its host. */
  readonly settings: HostSettings;
}

/** Where one image is read from. */
export interface Route {
  /** Tried in this order, before the registry itself. */
  readonly mirrors: readonly PullSource[];
  /** Replaces the registry itself, after the mirrors. */
  readonly instead?: PullSource | undefined;
  /** The flag, variable or file (in quotes) that decided this, for messages. */
  readonly from: string;
}

/** The name of an image, as `parseReference` splits it. */
export interface ImageName {
  readonly domain: string;
  readonly path: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

/** The route of an image; undefined for the registry itself. May throw DENIED, INVALID_CONFIG. */
export type RouteLookup = (image: ImageName) => Promise<Route | undefined>;

/** The settings of a host, named as in references; called once for each host. May throw INVALID_CONFIG, DISK_ERROR. */
export type SettingsLookup = (host: string) => Promise<HostSettings>;
