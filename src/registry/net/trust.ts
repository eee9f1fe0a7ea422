/**
 * Whom to believe that a host is who it says. Node offers no way to add to the authorities that it trusts, only to
 * replace them, so each set has its turn, the likeliest first:
 *
 *     those named for the registry ──▶ Node's own ──▶ those of the system
 *
 * and what a set was right about is remembered. The system's are read only when the others know no answer: that takes
 * longer than a whole small pull.
 */

import type { SecureContext } from 'node:tls';

import type { Identity } from '../../spec/route.js';
import { isUnknownAuthority } from './tls-error.js';

/** What connections made for one registry may rely on. */
export interface Trust {
  /** The registry, as in a reference. */
  readonly registry: string;
  readonly authorities: readonly string[];
  /** Shown to a host that asks who we are. */
  readonly identity?: Identity | undefined;
}

export interface ContextsOptions {
  /** Certificates (PEM) that are trusted for every host. */
  readonly ca: readonly string[];
  /** Those of the system (PEM), called when nothing else will do. May throw INVALID_CONFIG. */
  readonly systemAuthorities?: (() => Promise<readonly string[]>) | undefined;
}

type Set = 'named' | 'usual' | 'system';

const NOBODY: Trust = { registry: '', authorities: [] };

/** The sets of authorities of one client, made when they are first needed. */
export class Contexts {
  readonly #options: ContextsOptions;
  readonly #made = new Map<string, Promise<SecureContext | undefined>>();
  /** The set that vouched for a host. */
  readonly #right = new Map<string, Set>();

  constructor(options: ContextsOptions) {
    this.#options = options;
  }

  /** What `connect` makes of the first set that knows who has signed the certificate; else its last error. */
  async try<T>(
    hostname: string,
    trust: Trust = NOBODY,
    connect: (context: SecureContext) => Promise<T>,
  ): Promise<T> {
    const key = `${keyOf(trust)} ${hostname}`;
    let unknown: unknown;
    for (const set of this.#order(key, trust)) {
      const context = await this.#get(set, trust);
      if (context === undefined) continue;
      try {
        const result = await connect(context);
        this.#right.set(key, set);
        return result;
      } catch (error) {
        if (!isUnknownAuthority(error)) throw error;
        unknown = error;
      }
    }
    throw unknown;
  }

  #order(key: string, { authorities }: Trust): readonly Set[] {
    const known = this.#right.get(key);
    if (known !== undefined) return [known];
    return authorities.length > 0 ? ['named', 'usual', 'system'] : ['usual', 'named', 'system'];
  }

  #get(set: Set, trust: Trust): Promise<SecureContext | undefined> {
    const key = `${set} ${keyOf(trust)}`;
    const context = this.#made.get(key) ?? this.#make(set, trust);
    this.#made.set(key, context);
    return context;
  }

  /** Undefined where the set is empty. */
  async #make(set: Set, { authorities, identity }: Trust): Promise<SecureContext | undefined> {
    const { ca, systemAuthorities } = this.#options;
    const own = identity === undefined ? {} : { cert: identity.certificate, key: identity.key };
    const { createSecureContext } = await import('node:tls');
    if (set === 'usual') return createSecureContext(own);
    const named = set === 'named' ? [...authorities, ...ca] : ((await systemAuthorities?.()) ?? []);
    return named.length === 0 ? undefined : createSecureContext({ ...own, ca: [...named] });
  }
}

/** Equal for connections that may be shared. */
export function keyOf({ registry, identity }: Trust): string {
  return identity === undefined ? registry : `${registry} as us`;
}
