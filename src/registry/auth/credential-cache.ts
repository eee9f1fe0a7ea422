/** The credentials for one host: each looked up once, and again when it has run out. */

import type { Clock } from '../../content/retry.js';
import type { Credential } from './credential.js';

/** How long before its end a credential is no longer used, in milliseconds: a token service has to take it yet. */
const MARGIN_MS = 60_000;

type Key = string | undefined;
type LookUp = (repository: Key) => Promise<Credential | undefined>;

interface Entry {
  readonly value: Promise<Credential | undefined>;
  endsAt: number;
}

export class CredentialCache {
  readonly #clock: Clock;
  readonly #lookUp: LookUp;
  /** By repository: some files of logins have several for one host. */
  readonly #entries = new Map<Key, Entry>();

  constructor(clock: Clock, lookUp: LookUp) {
    this.#clock = clock;
    this.#lookUp = lookUp;
  }

  /** What was looked up already, alive or not. */
  known(repository: Key): Promise<Credential | undefined> | undefined {
    return this.#entries.get(repository)?.value;
  }

  /** Rejects as the looking up did, each time. */
  get(repository: Key): Promise<Credential | undefined> {
    const kept = this.#entries.get(repository);
    if (kept !== undefined && this.#clock.now() < kept.endsAt) return kept.value;
    const entry: Entry = { value: this.#lookUp(repository), endsAt: Infinity };
    this.#entries.set(repository, entry);
    entry.value.then(
      (credential) => (entry.endsAt = this.#endOf(credential)),
      () => {},
    );
    return entry.value;
  }

  #endOf(credential: Credential | undefined): number {
    const { lifeMs = Infinity } = credential ?? {};
    return this.#clock.now() + lifeMs - MARGIN_MS;
  }
}
