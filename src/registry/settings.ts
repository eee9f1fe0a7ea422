/** What can be set for one registry and for no other: the shape that `config/` fills. */

export interface HostSettings {
  /** What it speaks: default https; `ask` finds out, as is done with hosts of this machine. */
  readonly scheme?: 'https' | 'http' | 'ask' | undefined;
  /** Takes any certificate of the host; of no other that it leads to. Default false. */
  readonly insecure?: boolean | undefined;
  /** Certificates (PEM) of authorities that may vouch for it, and for the hosts that it leads to. */
  readonly authorities?: readonly string[] | undefined;
  /** Who we are to it, should it ask; no other host is ever told. */
  readonly identity?: Identity | undefined;
}

/** A client certificate and its private key, both PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** The settings of a host as references name it. Called once for each. May throw INVALID_CONFIG, DISK_ERROR. */
export type SettingsLookup = (host: string) => Promise<HostSettings>;
