/**
 * An archive as a sink: one tar that is an OCI image layout (image-spec 1.1, image-layout.md) and that `docker load`
 * takes as well, written in one pass.
 *
 *     oci-layout │ blobs/sha256/… in the order in which they come │ manifest.json │ index.json
 *
 * Nothing is kept aside and nothing is written twice, so a failure in the middle of a blob is the end of the archive.
 */

import { contentOf, readContent, streamOf } from '../content/read.js';
import { createLimit } from '../content/limit.js';
import type { Content, Outcome, PutOptions, Sink } from '../content/types.js';
import { verified } from '../content/verify.js';
import { RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { shortDigest, type Digest } from '../spec/digest.js';
import { childrenOf, MAX_MANIFEST_SIZE, parseManifest, type Manifest } from '../spec/manifest.js';
import { isManifestType } from '../spec/media-type.js';
import type { Platform } from '../spec/platform.js';
import { blobName, LAYOUT_MARKER } from './names.js';
import { indexJson, manifestJson, type Listed } from './index-files.js';
import { TarWriter } from '../tar/writer.js';
import type { ArchiveTarget } from '../tar/target.js';

export interface ArchiveWriterOptions {
  /** Which image of an index an engine that knows no indexes loads; the first one where none fits. */
  readonly platform?: Platform | undefined;
}

/** To be ended by `finish` or `discard`. Contents are written one after the other, whoever puts them. */
export class ArchiveWriter implements Sink {
  readonly #target: ArchiveTarget;
  readonly #options: ArchiveWriterOptions;
  readonly #tar: TarWriter;
  readonly #inTurn = createLimit(1);
  readonly #blobs = new Map<Digest, Descriptor>();
  readonly #manifests = new Map<Digest, Manifest>();
  /** By name, in the order in which they were given; the descriptor keeps platform and annotations. */
  readonly #names = new Map<string, Descriptor>();
  /** Rejects as soon as the archive is past saving. */
  #whole: Promise<void> = Promise.resolve();

  constructor(target: ArchiveTarget, options: ArchiveWriterOptions = {}) {
    this.#target = target;
    this.#options = options;
    this.#tar = new TarWriter(target);
  }

  async has({ digest }: Descriptor): Promise<boolean> {
    return this.#blobs.has(digest);
  }

  /** What was given this name. */
  named(name: string): Descriptor | undefined {
    return this.#names.get(name);
  }

  /** As `Sink.put`; the tag may be a whole reference. After a failure every call throws it again. */
  put(content: Content, options: PutOptions = {}): Promise<Outcome> {
    return this.#inTurn(async () => {
      await this.#whole;
      const outcome = await this.#take(content, options);
      if (options.tag !== undefined) this.#names.set(options.tag, content.descriptor);
      return outcome;
    });
  }

  /** Writes what stands at the end and makes the archive visible. Throws what the target throws. */
  async finish(): Promise<void> {
    await this.#whole;
    const listed = this.#listed();
    const forDocker = manifestJson(listed, { manifests: this.#manifests, ...this.#options });
    if (this.#blobs.size === 0) await this.#text('oci-layout', LAYOUT_MARKER);
    if (forDocker !== undefined) await this.#text('manifest.json', forDocker);
    await this.#text('index.json', indexJson(listed));
    await this.#guarded(() => this.#tar.end());
    await this.#target.finish();
  }

  /** Takes back what was written. */
  discard(): Promise<void> {
    return this.#target.discard();
  }

  async #take(content: Content, { fresh = false, signal }: PutOptions): Promise<Outcome> {
    const { descriptor } = content;
    if (!fresh && this.#blobs.has(descriptor.digest)) return 'exists';
    const isManifest = isManifestType(descriptor.mediaType);
    const bytes = isManifest ? await readContent(content, { cap: MAX_MANIFEST_SIZE, signal }) : undefined;
    const manifest = bytes && this.#parsed(descriptor, bytes);
    if (this.#blobs.size === 0) await this.#text('oci-layout', LAYOUT_MARKER);
    await this.#blob(bytes === undefined ? content : contentOf(descriptor, bytes), { signal });
    this.#blobs.set(descriptor.digest, descriptor);
    if (manifest !== undefined) this.#manifests.set(descriptor.digest, manifest);
    return 'written';
  }

  #parsed(descriptor: Descriptor, bytes: Uint8Array): Manifest {
    const manifest = parseManifest(bytes, descriptor.mediaType, `manifest ${shortDigest(descriptor.digest)}`);
    const missing = childrenOf(manifest).find(({ digest }) => !this.#blobs.has(digest));
    if (missing === undefined) return manifest;
    const message = `the archive lacks ${shortDigest(missing.digest)}, a part of ${shortDigest(descriptor.digest)}`;
    throw new RegError('INCOMPLETE', message, { digest: missing.digest });
  }

  async #blob(content: Content, { signal }: PutOptions): Promise<void> {
    const { descriptor } = content;
    const { digest, size } = descriptor;
    const bytes = verified(descriptor, await content.open({ signal }));
    await this.#guarded(() => this.#tar.add({ name: blobName(digest), size }, bytes));
  }

  #text(name: string, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    return this.#guarded(() => this.#tar.add({ name, size: bytes.byteLength }, streamOf(bytes)));
  }

  #guarded(task: () => Promise<void>): Promise<void> {
    this.#whole = task();
    return this.#whole;
  }

  /** What index.json lists: all that has a name, and all that nothing else in the archive leads to. */
  #listed(): readonly Listed[] {
    const children = new Set([...this.#manifests.values()].flatMap(childrenOf).map(({ digest }) => digest));
    const named = [...this.#names].map(([name, descriptor]) => ({ name, descriptor }));
    const known = new Set(named.map(({ descriptor }) => descriptor.digest));
    const others = [...this.#blobs.values()].filter(
      ({ digest, mediaType }) => isManifestType(mediaType) && !children.has(digest) && !known.has(digest),
    );
    return [...named, ...others.map((descriptor) => ({ name: undefined, descriptor }))];
  }
}
