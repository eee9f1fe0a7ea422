/** What tags stand for at other registries: asked each time, or believed for a while; the last word when nobody answers. */

import { untilAborted } from '../../content/abort.js';
import type { Clock } from '../../content/retry.js';
import { hasCode, RegError } from '../../errors.js';
import type { Layout } from '../../layout/layout.js';
import type { RegistryClient } from '../../registry/client.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { formatReference } from '../../spec/reference.js';
import type { CachedManifests } from './manifests.js';
import type { Upstream } from './names.js';
import { createShared } from './shared.js';
import { explainUpstream, isOutage } from './upstream-error.js';

/** How long a registry is waited for where its last word is kept, in milliseconds. */
const PATIENCE_MS = 5000;

/** How long a registry that did not answer is let be, in milliseconds. */
const REST_MS = 15_000;

/** Tags that are remembered as fresh; the oldest go first. */
const MAX_FRESH = 10_000;

export interface Tagged {
  readonly descriptor: Descriptor;
  /** Why this is only what was said last time. */
  readonly outage?: string;
}

interface Options {
  readonly client: Pick<RegistryClient, 'source'>;
  readonly manifests: CachedManifests;
  readonly store: Layout;
  readonly clock: Clock;
  readonly freshForMs: number;
}

interface TagName extends Upstream {
  readonly tag: string;
}

export class CachedTags {
  readonly #options: Options;
  readonly #shared = createShared<Tagged>();
  readonly #fresh = new Map<string, { readonly tagged: Tagged; readonly until: number }>();
  /** Hosts that did not answer. */
  readonly #resting = new Map<string, { readonly error: RegError; readonly until: number }>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Throws NOT_FOUND and what the registry throws, where nothing is kept that could be said instead. */
  async resolve(image: TagName): Promise<Tagged> {
    const name = formatReference(image);
    const fresh = this.#fresh.get(name);
    if (fresh !== undefined && this.#options.clock.now() < fresh.until) return fresh.tagged;
    return this.#shared(name, async () => {
      const tagged = await this.#ask(image, name);
      if (tagged.outage === undefined) this.#remember(name, tagged);
      return tagged;
    });
  }

  async #ask(image: TagName, name: string): Promise<Tagged> {
    const { cached } = this.#options.store.parts;
    const kept = await cached.tag(name);
    try {
      if (kept !== undefined) this.#letRest(image);
      const descriptor = await (kept === undefined ? this.#first(image) : this.#again(image, kept));
      if (kept?.digest !== descriptor.digest) await cached.keepTag(name, descriptor);
      return { descriptor };
    } catch (error) {
      if (hasCode(error, 'NOT_FOUND')) await cached.forgetTag(name);
      if (kept === undefined || !isOutage(error)) throw explainUpstream(error, image);
      this.#rest(image, error);
      return { descriptor: kept, outage: error.message };
    }
  }

  /** By the GET that brings the manifest, too. */
  async #first(image: TagName): Promise<Descriptor> {
    const source = this.#options.client.source(image);
    const descriptor = await source.resolve(image.tag, { toRead: true });
    await this.#options.manifests.fetch(image, { source, descriptor });
    return descriptor;
  }

  /**
   * By a HEAD, which Docker Hub does not count, and a GET of what is new: only what can be served takes the place of what
   * is kept. Throws TIMEOUT when it takes longer than a client likes to wait.
   */
  async #again(image: TagName, kept: Descriptor): Promise<Descriptor> {
    const { client, clock, manifests } = this.#options;
    const [late, done] = [new AbortController(), new AbortController()];
    const timer = clock.sleep(PATIENCE_MS, done.signal).then(
      () => late.abort(new RegError('TIMEOUT', `no answer in ${PATIENCE_MS / 1000} seconds`)),
      // The answer came in time.
      () => {},
    );
    const { signal } = late;
    try {
      const source = client.source(image);
      const descriptor = await untilAborted(source.resolve(image.tag, { signal }), signal);
      if (descriptor.digest !== kept.digest)
        await untilAborted(manifests.fetch(image, { source, descriptor }), signal);
      return descriptor;
    } finally {
      done.abort();
      await timer;
    }
  }

  /** Throws what a host that rests failed with. */
  #letRest({ domain }: Upstream): void {
    const resting = this.#resting.get(domain);
    if (resting === undefined) return;
    if (this.#options.clock.now() < resting.until) throw resting.error;
    this.#resting.delete(domain);
  }

  #rest({ domain }: Upstream, error: RegError): void {
    if (this.#resting.has(domain)) return;
    this.#resting.set(domain, { error, until: this.#options.clock.now() + REST_MS });
  }

  #remember(name: string, tagged: Tagged): void {
    const { clock, freshForMs } = this.#options;
    if (freshForMs === 0) return;
    this.#fresh.delete(name);
    this.#fresh.set(name, { tagged, until: clock.now() + freshForMs });
    const [oldest] = this.#fresh.keys();
    if (this.#fresh.size > MAX_FRESH && oldest !== undefined) this.#fresh.delete(oldest);
  }
}
