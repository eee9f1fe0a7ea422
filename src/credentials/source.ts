/** What a place where logins are looked for is: a function from a repository to what was found for it. */

import type { Credential } from './credential.js';

/** What a credential is wanted for, named as in a reference. */
export interface Target {
  readonly host: string;
  /** Without one, the host as a whole is meant. */
  readonly repository?: string | undefined;
}

export interface Found {
  readonly credential: Credential;
  /** Which source answered, for messages: `docker-credential-pass`, `/home/alice/.docker/config.json`. */
  readonly source: string;
  /** How long it is good from now on, in milliseconds. Default: always. */
  readonly lifeMs?: number | undefined;
}

/** Undefined when it has nothing; throws when it is broken. */
export type Source = (target: Target) => Promise<Found | undefined>;

export interface SourceNotice {
  readonly type: 'warning' | 'debug';
  readonly message: string;
}

/** `source`, which knows no repositories, asked once for each host. */
export function oncePerHost(source: Source): Source {
  const known = new Map<string, Promise<Found | undefined>>();
  return ({ host }) => {
    const found = known.get(host) ?? source({ host });
    known.set(host, found);
    return found;
  };
}
