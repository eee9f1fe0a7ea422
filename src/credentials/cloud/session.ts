/** What the logins of clouds are made from; all of it belongs to whoever asks, so that tests can own it. */

import type { Clock } from '../../content/retry.js';
import type { Credential } from '../credential.js';
import type { Environment } from '../run-program.js';

export interface CloudRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CloudAnswer {
  readonly status: number;
  /** Value of a header, by lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
}

/** Longest answer of a cloud that is read, in bytes. */
export const MAX_ANSWER = 64 * 1024;

/**
 * Sends one request to exactly this URL and reads at most `MAX_ANSWER` bytes of the answer: no redirect is followed, no
 * credential added, and what is plain http, which only addresses of this machine are, passes no proxy.
 */
export type CloudSend = (request: CloudRequest) => Promise<CloudAnswer>;

export interface CloudSession {
  readonly env: Environment;
  readonly send: CloudSend;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallTime: () => number;
  /** Told every secret as soon as it is known. */
  readonly onSecret: (secret: string) => void;
  /** Folder of what the firmware says about this machine; default `/sys/class/dmi/id`. */
  readonly firmware?: string | undefined;
  /** For one try, in milliseconds; default 15 000, and 3000 for what is on this machine. */
  readonly timeLimitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A credential, and for messages what it is from. */
export interface CloudLogin {
  readonly credential: Credential;
  readonly source: string;
  /** How long it is good from now on, in milliseconds. Default: as long as the job that we are in. */
  readonly lifeMs?: number | undefined;
}

/** A cloud: the hosts of its registries, and how their login is made. */
export interface Cloud {
  readonly matches: (host: string, env: Environment) => boolean;
  /** Undefined where the environment has nothing to make one from. Throws CREDENTIALS_UNAVAILABLE. */
  readonly find: (host: string, session: CloudSession) => Promise<CloudLogin | undefined>;
}
