/**
 * The token service that a registry named in an earlier run: asked at once, it saves the request that is only refused. It is
 * trusted no further than one that was named just now: it passes by the same rules, and when anything about it fails,
 * the registry is asked as if nothing had been remembered.
 */

import { readBearer, type Bearer } from './known-challenge.js';

export interface NamedService {
  readonly realm: string;
  readonly service: string;
}

/** Kept from run to run, by the root URLs of registries. Without secrets; never throws. */
export interface ChallengeMemory {
  recall(registry: string): Promise<NamedService | undefined>;
  note(registry: string, named: NamedService): void;
  forget(registry: string): void;
}

/** Longest name of a service that is remembered, in characters. */
const MAX_SERVICE = 256;

export class Remembered {
  readonly #memory: ChallengeMemory | undefined;
  readonly #clean: (text: string) => string;
  #isTaken = false;
  #failure: { readonly key: string; readonly error: unknown } | undefined;

  constructor(memory: ChallengeMemory | undefined, clean: (text: string) => string) {
    this.#memory = memory;
    this.#clean = clean;
  }

  /** Once; undefined afterwards, and where nothing is remembered that may be asked. */
  async take(base: URL): Promise<Bearer | undefined> {
    if (this.#isTaken) return undefined;
    this.#isTaken = true;
    const named = await this.#memory?.recall(base.href);
    if (named === undefined) return undefined;
    const params = new Map([
      ['realm', named.realm],
      ...(named.service === '' ? [] : ([['service', named.service]] as const)),
    ]);
    try {
      return readBearer({ scheme: 'bearer', params }, { base, clean: this.#clean });
    } catch {
      this.#memory?.forget(base.href);
      return undefined;
    }
  }

  /** To be told what came of asking it in vain. */
  drop(bearer: Bearer, base: URL, error: unknown): void {
    this.#failure = { key: keyOf(bearer), error };
    this.#memory?.forget(base.href);
  }

  /** Throws what came of asking the same service just now, so that a wrong password is not sent twice. */
  refuseAgain(bearer: Bearer): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure?.key === keyOf(bearer)) throw failure.error;
  }

  /** What a registry named, and what gave a token. A realm with a query could hold a secret. */
  note({ realm, service = '' }: Bearer, base: URL): void {
    if (realm.search !== '' || service.length > MAX_SERVICE) return;
    this.#memory?.note(base.href, { realm: realm.href, service });
  }
}

function keyOf({ realm, service }: Bearer): string {
  return `${realm.href} ${service}`;
}
