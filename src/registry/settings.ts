/** What can be set for one registry or mirror and for no other: the shapes that `config/` fills. */

export interface HostSettings {
  /** What it speaks: default https; `ask` finds out, as is done with hosts of this machine. */
  readonly scheme?: 'https' | 'http' | 'ask' | undefined;
  /** Takes any certificate of the host; of no other that it leads to. Default false. */
  readonly insecure?: boolean | undefined;
  /** Certificates (PEM) of authorities that may vouch for it, and for the hosts that it leads to. */
  readonly authorities?: readonly string[] | undefined;
  /** Who we are to it, should it ask; no other host is ever told. */
  readonly identity?: Identity | undefined;
  /** Sent with every request to it, and to no other host. Lower-case names. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** For name, connection, proxy and TLS together, in milliseconds; default: the client's. */
  readonly connectTimeoutMs?: number | undefined;
  /** Lies before it, whatever else is said of proxies. */
  readonly proxy?: ProxySetting | undefined;
}

interface ProxySetting {
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

/** Where a repository can be read from. */
export interface PullSource {
  /** Host with port, as logins and settings know it. */
  readonly host: string;
  /** The repository there. */
  readonly path: string;
  /** URL of the root of its API, `https://mirror.example/v2`; undefined where that follows from the host. */
  readonly root?: string | undefined;
  /** The registry that it stands in for, where it is to be told (`?ns=`; containerd, docs/hosts.md). */
  readonly namespace?: string | undefined;
  /** Whether it is asked what a tag means. */
  readonly resolves: boolean;
  /** Before what is set for its host. */
  readonly settings: HostSettings;
}

/** Where one image is read from. */
export interface Route {
  /** Tried in this order, before the registry itself. */
  readonly mirrors: readonly PullSource[];
  /** Takes the place of the registry itself. */
  readonly instead?: PullSource | undefined;
  /** What decided, for messages. */
  readonly from: string;
}

/** The parts of an image's name. */
export interface ImageName {
  readonly domain: string;
  readonly path: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

/** Undefined where it is read from the registry itself. May throw DENIED, INVALID_CONFIG. */
export type RouteLookup = (image: ImageName) => Promise<Route | undefined>;

/** The settings of a host as references name it. Called once for each. May throw INVALID_CONFIG, DISK_ERROR. */
export type SettingsLookup = (host: string) => Promise<HostSettings>;
