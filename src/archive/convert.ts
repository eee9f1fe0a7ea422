/**
 * Makes of an image that `docker save` wrote one that a registry takes:
 *
 *     config        as it is
 *     layer.tar ──▶ gzip ──▶ scratch file      once for all images; what is compressed already stays as it is
 *                            manifest          Docker's schema 2, new
 */

import { contentOf } from '../content/read.js';
import { hashed } from '../content/verify.js';
import type { CallOptions, Content } from '../content/types.js';
import { RegError } from '../errors.js';
import { describe, type Descriptor } from '../spec/descriptor.js';
import { algorithmOf, Digester, digestOf, hexOf, shortDigest, type Digest } from '../spec/digest.js';
import { parseDiffIds } from '../spec/image-config.js';
import { DOCKER_CONFIG, DOCKER_MANIFEST } from '../spec/media-type.js';
import { quoteText } from '../spec/text.js';
import { decompress, gzip, MAGIC_LENGTH, sniffCompression, type Compression } from '../tar/compression.js';
import { readDocument } from './document.js';
import type { Region } from '../disk/region.js';
import type { Scratch } from '../disk/scratch.js';
import type { TarIndex } from '../tar/tar-index.js';

const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar';

/** An entry of manifest.json: names of files in the archive. */
export interface SavedImage {
  readonly names: readonly string[];
  readonly config: string;
  /** The lowest first, as the diff IDs in the config. */
  readonly layers: readonly string[];
}

interface Parts {
  readonly files: TarIndex;
  readonly scratch: Scratch;
  /** The archive, for messages: `"image.tar"`. */
  readonly what: string;
}

export class Conversion {
  readonly #parts: Parts;
  readonly #blobs = new Map<Digest, Pick<Content, 'open'>>();
  /** By diff ID. */
  readonly #layers = new Map<Digest, Descriptor>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The bytes of something that a converted image is made of. */
  find(digest: Digest): Pick<Content, 'open'> | undefined {
    return this.#blobs.get(digest);
  }

  /**
   * The manifest of `image`, after which its parts can be found. Throws UNSAFE_ARCHIVE, INVALID_MANIFEST,
   * DIGEST_MISMATCH when a layer is not what the config says, UNSUPPORTED, TOO_LARGE, DISK_FULL, DISK_ERROR, ABORTED.
   */
  async convert(image: SavedImage, { signal }: CallOptions = {}): Promise<Descriptor> {
    const { bytes, diffIds } = await this.#config(image);
    const layers: Descriptor[] = [];
    for (const [position, diffId] of diffIds.entries()) {
      const name = image.layers[position] ?? '';
      const known = this.#layers.get(diffId) ?? (await this.#layer(name, { diffId, signal }));
      this.#layers.set(diffId, known);
      layers.push(known);
    }
    const config = this.#keep(describe(DOCKER_CONFIG, bytes), bytes);
    const manifest = { schemaVersion: 2, mediaType: DOCKER_MANIFEST, config, layers };
    const text = Buffer.from(JSON.stringify(manifest));
    return this.#keep(describe(DOCKER_MANIFEST, text), text);
  }

  async #config({
    config: name,
    layers,
  }: SavedImage): Promise<{ bytes: Uint8Array; diffIds: readonly Digest[] }> {
    const { files, what } = this.#parts;
    const where = `the config ${quoteText(name)} in ${what}`;
    const bytes = await readDocument(files, { what, name });
    const hex = /[0-9a-f]{64}/.exec(name)?.[0];
    if (hex !== undefined && hex !== hexOf(digestOf(bytes)))
      throw new RegError('DIGEST_MISMATCH', `${where} is not what its name says`);
    const diffIds = parseDiffIds(bytes, where);
    if (diffIds.length === layers.length) return { bytes, diffIds };
    const message = `${what} lists ${layers.length} layers where its config ${quoteText(name)} has ${diffIds.length}`;
    throw new RegError('INVALID_MANIFEST', message);
  }

  async #layer(
    name: string,
    { diffId, signal }: CallOptions & { readonly diffId: Digest },
  ): Promise<Descriptor> {
    const { files, what } = this.#parts;
    const file = files.get(name);
    if (file === undefined)
      throw new RegError('UNSAFE_ARCHIVE', `${what} is incomplete: ${quoteText(name)} is missing`);
    const where = `the layer ${quoteText(name)} in ${what}`;
    const compression = sniffCompression(await file.read(0, MAGIC_LENGTH), where);
    const inner = new Digester(algorithmOf(diffId));
    const outer = new Digester();
    const blob = await this.#compress(file, { compression, inner, outer, where, signal });
    const actual = inner.digest();
    if (actual !== diffId) {
      const message = `${where} hashes to ${shortDigest(actual)}; its config says ${shortDigest(diffId)}`;
      throw new RegError('DIGEST_MISMATCH', message, { digest: diffId });
    }
    const mediaType = `${LAYER_TYPE}.${compression === 'zstd' ? 'zstd' : 'gzip'}`;
    const descriptor = { mediaType, digest: outer.digest(), size: outer.size };
    this.#blobs.set(descriptor.digest, blob);
    return descriptor;
  }

  /** The compressed layer; `inner` hashes it uncompressed, `outer` compressed. */
  async #compress(file: Region, { compression, inner, outer, where, signal }: LayerWork): Promise<Region> {
    const options = { what: where, signal };
    const bytes = await file.open({ signal });
    if (compression === 'none') {
      return this.#parts.scratch.append(hashed(gzip(hashed(bytes, inner), options), outer));
    }
    const plain = decompress(hashed(bytes, outer), { ...options, compression });
    for await (const chunk of plain) inner.update(chunk);
    return file;
  }

  #keep(descriptor: Descriptor, bytes: Uint8Array): Descriptor {
    this.#blobs.set(descriptor.digest, contentOf(descriptor, bytes));
    return descriptor;
  }
}

interface LayerWork extends CallOptions {
  readonly compression: Compression;
  readonly inner: Digester;
  readonly outer: Digester;
  readonly where: string;
}
