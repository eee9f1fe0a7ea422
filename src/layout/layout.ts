/**
 * The local store: an OCI image layout (image-spec 1.1, image-layout.md) that any number of processes use at once.
 *
 *     put ──▶ ingest ──▶ blobs/sha256/HEX         one blob after the other, each whole or not there
 *      └─ tag ──▶ lock ──▶ index.json             last, and only when all that it reaches is there
 *
 * So the store is closed: a name stands for a complete graph.
 */

import { contentOf, readContent } from '../content/read.js';
import type { CallOptions, Content, Outcome, PutOptions, Sink, Source } from '../content/types.js';
import { hasCode, RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { isDigest, shortDigest, type Digest } from '../spec/digest.js';
import { childrenOf, MAX_MANIFEST_SIZE, parseManifest } from '../spec/manifest.js';
import { isManifestType } from '../spec/media-type.js';
import { quoteText } from '../spec/text.js';
import { heldBytes } from '../disk/held-bytes.js';
import { describeBlob } from './describe-blob.js';
import { reach, requireAll } from './graph.js';
import { isFullName, isSameEntry, makeEntry, withEntry, withoutNames, type Entry } from './index-file.js';
import type { Follower } from '../disk/fill.js';
import { ingest } from './ingest.js';
import { Leases } from './leases.js';
import { noteOf } from './paths.js';
import { createParts, makeLayout, type LayoutOptions, type Parts } from './parts.js';
import { startSession, type Session } from './session.js';
import { Turns } from './turns.js';
import type { Lease } from './work.js';

export type { LayoutOptions };

/** A name of the store and what it stands for. */
interface Image {
  /** Full reference: `docker.io/library/nginx:latest`. */
  readonly name: string;
  readonly descriptor: Descriptor;
}

/**
 * Opens the store in `folder`. One that is not there is empty, and is made when something is first put in. Throws
 * STORE_CORRUPT, INVALID_ARGUMENT for a directory that holds something else, DISK_ERROR.
 */
export async function openLayout(folder: string, options: LayoutOptions): Promise<Layout> {
  const layout = new Layout(folder, options);
  await layout.entries();
  return layout;
}

export class Layout implements Source, Sink {
  /** What `verify.ts` and `prune.ts` work on. */
  readonly parts: Parts;
  readonly #turns = new Turns<Digest>();
  readonly #leases: Leases;

  constructor(folder: string, options: LayoutOptions) {
    this.parts = createParts(folder, options);
    this.#leases = new Leases(this.parts, options);
  }

  /** Absolute path. */
  get folder(): string {
    return this.parts.paths.folder;
  }

  /** Everything in index.json, by whomever and under whatever name or none. Throws STORE_CORRUPT, INVALID_ARGUMENT. */
  entries(): Promise<readonly Entry[]> {
    return this.parts.index.entries();
  }

  /**
   * The entries that are named by a full reference, as all that `reg` puts in. Names that `isWanted` says no to are not
   * looked at closer, which is where the time goes in a store of thousands. Throws as `entries`.
   */
  async images(isWanted: (name: string) => boolean = () => true): Promise<readonly Image[]> {
    const images = new Map<string, Image>();
    for (const { name, descriptor } of await this.entries()) {
      if (name === undefined || !isWanted(name) || images.has(name) || !isFullName(name)) continue;
      images.set(name, { name, descriptor });
    }
    return [...images.values()];
  }

  /** By name or by the digest of anything that is there. Throws NOT_FOUND, STORE_CORRUPT. */
  async resolve(name: string, options: CallOptions = {}): Promise<Descriptor> {
    const entries = await this.entries();
    const named = entries.find((entry) => entry.name === name);
    const entry = named ?? entries.find(({ descriptor }) => descriptor.digest === name);
    const descriptor =
      entry?.descriptor ?? (isDigest(name) ? await describeBlob(this.parts.blobs, name, options) : undefined);
    if (descriptor === undefined) throw new RegError('NOT_FOUND', `${quoteText(name)} is not in the store`);
    return descriptor;
  }

  get(descriptor: Descriptor): Content {
    return { descriptor, open: (options) => this.parts.blobs.open(descriptor, options) };
  }

  /** Hashes a blob that this store did not verify itself, or that was written to since. */
  has(descriptor: Descriptor, options: CallOptions = {}): Promise<boolean> {
    return this.parts.blobs.has(descriptor, options);
  }

  /** How many bytes of a content that is not there are still to come: an earlier try may have left some. */
  async lacks({ digest, size }: Pick<Descriptor, 'digest' | 'size'>): Promise<number> {
    const partial = this.parts.paths.partial(digest);
    const held = await heldBytes(partial, noteOf(partial));
    return Math.max(0, size - held);
  }

  /**
   * As `Sink.put`. The annotations and the platform of the descriptor are kept with the name, and `resolve` gives them
   * back. `fresh` hashes again what is there, and fetches it only when it is wrong. Throws INCOMPLETE when something
   * that a manifest reaches is missing, STORE_LOCKED, STORE_CORRUPT, DISK_FULL, DISK_ERROR, too.
   */
  async put(content: Content, options: PutOptions = {}): Promise<Outcome> {
    try {
      if (await this.#isSettled(content.descriptor, options)) return 'exists';
      const lease = await this.#leases.current();
      const outcome = await this.#turns.take(content.descriptor.digest, () =>
        this.#take(content, { ...options, lease }),
      );
      if (options.tag !== undefined) await this.#setName(options.tag, content.descriptor, options);
      return outcome;
    } catch (error) {
      if (options.signal?.aborted !== true || error instanceof RegError) throw error;
      throw new RegError('ABORTED', 'interrupted', { cause: error });
    }
  }

  /** Makes the directory a layout, for what is put in without `put`. Throws as `put`. */
  async prepare(): Promise<void> {
    await makeLayout(this.parts);
  }

  /**
   * Brings in a blob that somebody reads along while it comes, and that no name is to reach: a prune may take it at
   * once. One that is there is not opened. To be called after `prepare`. Throws as `put`.
   */
  async fetch(content: Content, options: CallOptions & { readonly follower: Follower }): Promise<void> {
    const { blobs, paths } = this.parts;
    const { digest, size } = content.descriptor;
    // Another one may have brought it just now.
    if (await blobs.has(content.descriptor, options))
      await options.follower.begin({ path: paths.blob(digest), position: size });
    else await ingest(content, { ...this.parts, ...options });
  }

  /** Takes names away; blobs stay until `pruneLayout`. Throws NOT_FOUND, with nothing removed, when one is not there. */
  async remove(names: readonly string[], options: CallOptions = {}): Promise<void> {
    const { index, lock } = this.parts;
    withoutNames(await this.entries(), names);
    await lock.hold(() => index.change((entries) => withoutNames(entries, names)), options);
  }

  /** Removes a blob; false when it is not there. Throws UNSUPPORTED when a name reaches it. */
  async discard(digest: Digest, options: CallOptions = {}): Promise<boolean> {
    const { blobs, lock } = this.parts;
    if ((await blobs.look(digest)) === undefined) return false;
    return lock.hold(async () => {
      const roots = (await this.entries()).map((entry) => entry.descriptor);
      for await (const node of reach(this, roots, options)) {
        if (node.digest !== digest) continue;
        const message = `${shortDigest(digest)} is part of an image of the store`;
        throw new RegError('UNSUPPORTED', message, { digest });
      }
      await blobs.remove(digest);
      return true;
    }, options);
  }

  /** Begins an upload whose digest is not known yet. */
  async session(): Promise<Session> {
    await this.#leases.current();
    return startSession(await this.parts.work.holdUpload(), this.parts.blobs);
  }

  /** To be called when nothing is put in any more: it lets `pruneLayout` remove what was put in and not named. */
  close(): Promise<void> {
    return this.#leases.close();
  }

  /**
   * Whether the name stands for it already, and all is there that it reaches: then nothing is written, not even a lease.
   * Not while anything is under way or was left behind, which is cleared, and what it wrote brought to the disk, first.
   */
  async #isSettled(descriptor: Descriptor, { tag, fresh = false, signal }: PutOptions): Promise<boolean> {
    if (tag === undefined || fresh || this.parts.isReadOnly) return false;
    if (!(await this.#isNamed(makeEntry(tag, descriptor)))) return false;
    if (!(await this.parts.work.isEmpty())) return false;
    try {
      await this.#requireGraph([descriptor], { of: descriptor, signal });
      return true;
    } catch (error) {
      // The put itself says what is missing, or repairs it.
      if (hasCode(error, 'INCOMPLETE')) return false;
      throw error;
    }
  }

  async #isNamed(entry: Entry): Promise<boolean> {
    const current = (await this.entries()).find(({ name }) => name === entry.name);
    return current !== undefined && isSameEntry(current, entry);
  }

  async #take(
    content: Content,
    { fresh = false, signal, lease }: PutOptions & { readonly lease: Lease },
  ): Promise<Outcome> {
    const { descriptor } = content;
    const isManifest = isManifestType(descriptor.mediaType);
    if (await this.parts.blobs.has(descriptor, { distrust: fresh, signal })) {
      if (isManifest) await this.#requireGraph([descriptor], { of: descriptor, signal });
      return fresh ? 'written' : 'exists';
    }
    const whole = isManifest ? await this.#complete(content, signal) : content;
    await ingest(whole, { ...this.parts, lease, signal });
    return 'written';
  }

  /** A manifest, read, of which all is there that it reaches. */
  async #complete(content: Content, signal: AbortSignal | undefined): Promise<Content> {
    const { descriptor } = content;
    const bytes = await readContent(content, { cap: MAX_MANIFEST_SIZE, signal });
    const manifest = parseManifest(bytes, descriptor.mediaType, `manifest ${shortDigest(descriptor.digest)}`);
    await this.#requireGraph(childrenOf(manifest), { of: descriptor, signal });
    return contentOf(descriptor, bytes);
  }

  async #requireGraph(
    roots: readonly Descriptor[],
    { of, signal }: CallOptions & { readonly of: Descriptor },
  ): Promise<void> {
    await requireAll(reach(this, roots, { signal }), { of, isThere: (node) => this.has(node, { signal }) });
  }

  /** Looks at the whole graph once more under the lock, where no prune can be at work, and then names it. */
  async #setName(name: string, descriptor: Descriptor, options: CallOptions): Promise<void> {
    const { index, blobs, lock } = this.parts;
    const entry = makeEntry(name, descriptor);
    if (await this.#isNamed(entry)) return;
    await lock.hold(async () => {
      const isThere = (node: Descriptor): Promise<boolean> => blobs.isBelieved(node);
      await requireAll(reach(this, [descriptor], options), { of: descriptor, isThere });
      await blobs.sync();
      await index.change((entries) => withEntry(entries, entry));
    }, options);
  }
}
