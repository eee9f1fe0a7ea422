/** The OCI image layout in a tar (image-spec 1.1, image-layout.md): what is in it is taken as it is. */

import { readContent } from '../content/read.js';
import type { CallOptions, Source } from '../content/types.js';
import { RegError } from '../errors.js';
import { isAttestation } from '../spec/attestation.js';
import type { Descriptor } from '../spec/descriptor.js';
import { shortDigest, type Digest } from '../spec/digest.js';
import { parseJsonObject } from '../spec/json.js';
import { childrenOf, MAX_MANIFEST_SIZE, parseManifest } from '../spec/manifest.js';
import { isIndexType, isManifestType, OCI_INDEX } from '../spec/media-type.js';
import { quoteText } from '../spec/text.js';
import { readDocument } from './document.js';
import { getFrom, groupByDigest, type ArchiveImage, type ImageSet } from './image.js';
import { blobName, LAYOUT_VERSION } from './names.js';
import type { TarIndex } from '../tar/tar-index.js';

export function isOciArchive(files: TarIndex): boolean {
  return files.has('oci-layout') && files.has('index.json');
}

/**
 * The images of index.json; their roots cost reading the manifests, and throw UNSAFE_ARCHIVE for what is incomplete.
 * Throws UNSUPPORTED for another version of the layout, INVALID_MANIFEST, TOO_LARGE.
 */
export async function readOciImages(files: TarIndex, what: string): Promise<ImageSet> {
  await checkVersion(files, what);
  const name = 'index.json';
  const index = parseManifest(await readDocument(files, { what, name }), OCI_INDEX, `"${name}" in ${what}`);
  const get = getFrom((digest) => files.get(blobName(digest)), what);
  const completeness = new Completeness(files, get);
  const images = groupByDigest(childrenOf(index).map((descriptor) => ({ descriptor }))).map(
    ({ root, names }): ArchiveImage => ({
      names,
      root: (options) => completeness.partOf(root, { ...options, what }),
    }),
  );
  return { images, get };
}

async function checkVersion(files: TarIndex, what: string): Promise<void> {
  const name = 'oci-layout';
  const where = `"${name}" in ${what}`;
  const marker = parseJsonObject(await readDocument(files, { what, name }), { what: where });
  const version = marker['imageLayoutVersion'];
  if (version === LAYOUT_VERSION) return;
  const found = typeof version === 'string' ? `the version ${quoteText(version, 40)}` : 'no version';
  throw new RegError('UNSUPPORTED', `${where} has ${found}; expected imageLayoutVersion "${LAYOUT_VERSION}"`);
}

/** Knows of what everything is there. */
class Completeness {
  readonly #files: TarIndex;
  readonly #get: Source['get'];
  readonly #known = new Map<Digest, boolean>();

  constructor(files: TarIndex, get: Source['get']) {
    this.#files = files;
    this.#get = get;
  }

  /**
   * `root`, or the one image under it that is there: Docker saves the index of all platforms and only the blobs of
   * those that it has. Throws UNSAFE_ARCHIVE.
   */
  async partOf(
    root: Descriptor,
    { what, signal }: CallOptions & { readonly what: string },
  ): Promise<Descriptor> {
    if (await this.#isWhole(root, signal)) return root;
    const present = await this.#imagesIn(root, signal);
    const [only] = present;
    if (only !== undefined && present.length === 1) return only;
    const message = `${what} is incomplete: parts of the image ${shortDigest(root.digest)} are missing or cut off`;
    const hint = `It has ${present.length} of its platforms; save one of them alone.`;
    throw new RegError('UNSAFE_ARCHIVE', message, present.length > 1 ? { hint } : {});
  }

  /** The complete images of an incomplete index. */
  async #imagesIn(index: Descriptor, signal: AbortSignal | undefined): Promise<readonly Descriptor[]> {
    if (!isIndexType(index.mediaType) || !this.#isThere(index)) return [];
    const images: Descriptor[] = [];
    for (const child of await this.#children(index, signal)) {
      if (isManifestType(child.mediaType) && !isAttestation(child) && (await this.#isWhole(child, signal)))
        images.push(child);
    }
    return images;
  }

  async #isWhole(node: Descriptor, signal: AbortSignal | undefined): Promise<boolean> {
    const known = this.#known.get(node.digest);
    if (known !== undefined) return known;
    let isWhole = this.#isThere(node);
    if (isWhole && isManifestType(node.mediaType)) {
      for (const child of await this.#children(node, signal)) isWhole &&= await this.#isWhole(child, signal);
    }
    this.#known.set(node.digest, isWhole);
    return isWhole;
  }

  #isThere({ digest, size }: Descriptor): boolean {
    return this.#files.get(blobName(digest))?.size === size;
  }

  async #children(node: Descriptor, signal: AbortSignal | undefined): Promise<readonly Descriptor[]> {
    const bytes = await readContent(this.#get(node), { cap: MAX_MANIFEST_SIZE, signal });
    return childrenOf(parseManifest(bytes, node.mediaType, `manifest ${shortDigest(node.digest)}`));
  }
}
