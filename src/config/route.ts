/** Where a repository can be read from: the shape that all settings files come to. */

import type { KeyPair } from './certificates.js';

/** What is set for one registry or mirror. */
export interface HostSettings {
  readonly scheme?: 'https' | 'http' | 'ask' | undefined;
  readonly insecure?: boolean | undefined;
  readonly authorities?: readonly string[] | undefined;
  readonly identity?: KeyPair | undefined;
  /** Sent with every request to it. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** In milliseconds. */
  readonly connectTimeoutMs?: number | undefined;
  /** Lies before it, whatever else is said of proxies. */
  readonly proxy?: ProxySetting | undefined;
}

export interface ProxySetting {
  /** May hold a password. */
  readonly url: string;
  /** What named it, for messages. */
  readonly from: string;
}

export interface PullSource {
  /** Host with port, as logins and certificates know it. */
  readonly host: string;
  /** The repository there. */
  readonly path: string;
  /** URL of the root of its API, `https://mirror.example/v2`; undefined where that follows from the host. */
  readonly root?: string | undefined;
  /** The registry that it stands in for, where it is to be told. */
  readonly namespace?: string | undefined;
  /** Whether it is asked what a tag means; if not, only for what has a digest. */
  readonly resolves: boolean;
  readonly settings: HostSettings;
}

/** What was decided about reading one image. */
export interface Route {
  /** Tried in this order, before the registry itself. */
  readonly mirrors: readonly PullSource[];
  /** Takes the place of the registry itself. */
  readonly instead?: PullSource | undefined;
  /** What decided: a flag, a variable, or a file in quotes. */
  readonly from: string;
}

/** The parts of an image's name, as `parseReference` gives them. */
export interface ImageName {
  readonly domain: string;
  readonly path: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}
