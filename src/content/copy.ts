/**
 * The walk behind every command: children before parents, each node once, leaves in parallel.
 *
 *     index ── manifest ── config          put first: config, layers
 *        │         └────── layer, layer    then their manifest
 *        └──── manifest …                  last the root, under its tag
 */

import { hasCode, RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { shortDigest } from '../spec/digest.js';
import { childrenOf, MAX_MANIFEST_SIZE, parseManifest } from '../spec/manifest.js';
import { isManifestType } from '../spec/media-type.js';
import { throwIfAborted } from './abort.js';
import type { CopyListener } from './events.js';
import { createLimit, type Limit } from './limit.js';
import { contentOf, readContent } from './read.js';
import type { CallOptions, Content, Outcome, Sink, Source } from './types.js';
import { watched } from './watched.js';

/** Deepest index in an index that is followed; real ones have 1 or 2 levels. */
const MAX_DEPTH = 10;

/** Most nodes of one graph. */
const MAX_NODES = 100_000;

/** Contents that move at once. */
export const DEFAULT_CONCURRENCY = 6;

export interface CopyOptions extends CallOptions {
  /** Name of the root at the sink; without it the root is known by its digest only. */
  readonly tag?: string | undefined;
  /** Contents that move at once; default 6. */
  readonly concurrency?: number | undefined;
  readonly onEvent?: CopyListener | undefined;
}

/**
 * Copies the graph under `root` and answers how the root came to be at the sink. What the sink holds is not moved
 * again. The first failure ends all other work and is thrown; what has arrived stays. Throws what the source and
 * the sink throw, INVALID_MANIFEST and TOO_LARGE for graphs that make no sense.
 */
export async function copy(
  source: Source,
  sink: Sink,
  root: Descriptor,
  options: CopyOptions = {},
): Promise<Outcome> {
  try {
    return await new Walk(source, sink, options).run(root);
  } catch (error) {
    // "It has the manifest, so it has everything below" was a hint, and wrong: move everything, asking nothing.
    if (!hasCode(error, 'INCOMPLETE')) throw error;
    return await new Walk(source, sink, { ...options, fresh: true }).run(root);
  }
}

class Walk {
  readonly #source: Source;
  readonly #sink: Sink;
  readonly #options: CopyOptions;
  readonly #fresh: boolean;
  readonly #concurrency: number;
  readonly #limit: Limit;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  readonly #nodes = new Map<string, { readonly descriptor: Descriptor; readonly done: Promise<Outcome> }>();

  constructor(source: Source, sink: Sink, options: CopyOptions & { readonly fresh?: boolean }) {
    this.#source = source;
    this.#sink = sink;
    this.#options = options;
    this.#fresh = options.fresh ?? false;
    this.#concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
    this.#limit = createLimit(this.#concurrency);
    const { signal } = options;
    this.#signal = signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal]);
  }

  async run(root: Descriptor): Promise<Outcome> {
    try {
      return await this.#visit(root, { depth: 0, tag: this.#options.tag });
    } catch (error) {
      this.#abort.abort(error);
      // Nothing may still be writing when the caller hears of the failure.
      await Promise.allSettled([...this.#nodes.values()].map((node) => node.done));
      // Others may have failed of it sooner than it came up to here.
      throw this.#abort.signal.reason;
    }
  }

  #visit(descriptor: Descriptor, place: Place): Promise<Outcome> {
    const known = this.#nodes.get(descriptor.digest);
    if (known !== undefined) {
      refuseConflict(known.descriptor, descriptor);
      return known.done;
    }
    if (this.#nodes.size >= MAX_NODES)
      throw new RegError('TOO_LARGE', `the image has more than ${MAX_NODES} parts`);
    this.#options.onEvent?.({ type: 'found', descriptor });
    const done = isManifestType(descriptor.mediaType)
      ? this.#manifest(descriptor, place)
      : this.#put(descriptor, () => this.#source.get(descriptor));
    this.#nodes.set(descriptor.digest, { descriptor, done });
    return done;
  }

  async #manifest(descriptor: Descriptor, { depth, tag }: Place): Promise<Outcome> {
    if (depth > MAX_DEPTH)
      throw new RegError('INVALID_MANIFEST', `the image is nested more than ${MAX_DEPTH} levels deep`);
    const content = this.#source.get(descriptor);
    if (!this.#fresh && (await this.#has(descriptor, { depth, tag }))) {
      // Only the root has yet to get its name; when it does the sink looks at all that is below it.
      return depth === 0 ? this.#put(descriptor, () => content, tag) : this.#done(descriptor, 'exists');
    }
    const bytes = await this.#limit(() =>
      readContent(content, { cap: MAX_MANIFEST_SIZE, signal: this.#signal }),
    );
    const manifest = parseManifest(bytes, descriptor.mediaType, `manifest ${shortDigest(descriptor.digest)}`);
    await this.#all(childrenOf(manifest).map((child) => () => this.#visit(child, { depth: depth + 1 })));
    return this.#put(descriptor, () => contentOf(descriptor, bytes), tag);
  }

  #has(descriptor: Descriptor, { depth, tag }: Place): Promise<boolean> {
    const soon = depth === 0 ? this.#concurrency : 1;
    return this.#limit(() => this.#sink.has(descriptor, { tag, soon, signal: this.#signal }));
  }

  /** The content is made when its turn comes: an image may have tens of thousands. */
  async #put(descriptor: Descriptor, contentOfIt: () => Content, tag?: string): Promise<Outcome> {
    const outcome = await this.#limit(async () => {
      throwIfAborted(this.#signal);
      const content = this.#watch(contentOfIt());
      return this.#sink.put(content, { tag, fresh: this.#fresh, signal: this.#signal });
    });
    return this.#done(descriptor, outcome);
  }

  #watch(content: Content): Content {
    const { onEvent } = this.#options;
    const { descriptor } = content;
    if (onEvent === undefined) return content;
    return watched(content, (position) => onEvent({ type: 'progress', descriptor, position }));
  }

  #done(descriptor: Descriptor, outcome: Outcome): Outcome {
    this.#options.onEvent?.({ type: 'done', descriptor, outcome });
    return outcome;
  }

  /** Runs all tasks; the first failure ends the whole walk at once, not only this node's part of it. */
  async #all(tasks: readonly (() => Promise<unknown>)[]): Promise<void> {
    await Promise.all(
      tasks.map(async (task) => {
        try {
          await task();
        } catch (error) {
          this.#abort.abort(error);
          throw error;
        }
      }),
    );
  }
}

interface Place {
  readonly depth: number;
  readonly tag?: string | undefined;
}

/** One digest can't have two sizes or two meanings: one of the descriptors lies. */
function refuseConflict(known: Descriptor, other: Descriptor): void {
  if (known.size === other.size && isManifestType(known.mediaType) === isManifestType(other.mediaType))
    return;
  throw new RegError(
    'INVALID_MANIFEST',
    `the image describes ${shortDigest(other.digest)} in two ways that differ`,
  );
}
