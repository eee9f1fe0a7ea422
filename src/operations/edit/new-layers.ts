/**
 * Layers made of what is on the disk:
 *
 *     compressed tar ─▶ read once, for its digests       kept byte for byte
 *     tar, folder ────▶ gzip ─▶ a temporary file         the same each time
 */

import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, resolve } from 'node:path';

import type { CallOptions, Content } from '../../content/types.js';
import { hashed } from '../../content/verify.js';
import { ifThere, notThere, onDisk } from '../../disk/files.js';
import { openFile, type Region } from '../../disk/region.js';
import { Scratch } from '../../disk/scratch.js';
import { explain, RegError } from '../../errors.js';
import { Digester, type Digest } from '../../spec/digest.js';
import { layerTypeFor } from '../../spec/layer-type.js';
import { quoteText } from '../../spec/text.js';
import { decompress, gzip, MAGIC_LENGTH, sniffCompression, type Compression } from '../../tar/compression.js';
import { tarFolder } from '../../tar/folder.js';
import { NO_TAR } from '../../tar/headers.js';
import { readTar } from '../../tar/read.js';

export interface NewLayer {
  /** Of the uncompressed tar. */
  readonly diffId: Digest;
  /** What it is made of, without the folders above it. */
  readonly name: string;
  /** The layer as one of a manifest of `manifestType`. Throws UNSUPPORTED where that has none of its kind. */
  readonly contentIn: (manifestType: string) => Content;
}

export interface NewLayersOptions extends CallOptions {
  /** Whether a plain tar and a directory are compressed with gzip; default true. */
  readonly isCompressed?: boolean | undefined;
  /** Whether there is nothing below them, so that every directory has to be in them. Default false. */
  readonly isFirst?: boolean | undefined;
  /** Path in the image that the contents of a directory get; default its root. */
  readonly to?: string | undefined;
  /** When everything in a directory was changed last; default 1970. */
  readonly created?: Date | undefined;
  /** Where what has to be compressed is kept in the meantime; default: the system's. */
  readonly temporaryFolder?: string | undefined;
}

/**
 * Folders that have other permissions than a new one gets, or are links, in most images: what is put into them must not
 * change that.
 */
const SPECIAL: ReadonlySet<string> = new Set(
  'bin dev lib lib32 lib64 libx32 proc root run sbin sys tmp var/lock var/run var/tmp'.split(' '),
);
const NONE: ReadonlySet<string> = new Set();

const LONE_FILE = 'A layer is made of a tar or of a directory: put a single file into a directory.';

/** To be closed by the caller, when the layers have been copied. */
export class NewLayers {
  readonly #options: NewLayersOptions;
  readonly #scratch: Scratch;
  readonly #closers: (() => Promise<void>)[];

  constructor(options: NewLayersOptions) {
    this.#options = options;
    this.#scratch = new Scratch(options.temporaryFolder ?? tmpdir());
    this.#closers = [() => this.#scratch.close()];
  }

  /**
   * A layer of a tar or a folder. Costs reading all of it, and temporary room for what is compressed. Throws NOT_FOUND,
   * UNSAFE_ARCHIVE for what is no tar, UNSUPPORTED for what no layer can hold, DISK_FULL, DISK_ERROR.
   */
  async add(path: string): Promise<NewLayer> {
    const stats = await onDisk({ verb: 'read', path }, () => ifThere(() => stat(path)));
    if (stats === undefined) throw notThere(path);
    const layer = stats.isDirectory() ? this.#folder(path) : this.#tar(path);
    return layer.catch((error: unknown) => {
      const isNoTar = error instanceof RegError && error.message.endsWith(NO_TAR);
      throw explain(error, `cannot make a layer of ${quoteText(path)}`, isNoTar ? { hint: LONE_FILE } : {});
    });
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }

  async #folder(path: string): Promise<NewLayer> {
    const { to = '', created, isFirst = false, signal } = this.#options;
    const prefix = plainPath(to);
    const mtime = created && Math.floor(created.getTime() / 1000);
    const tar = tarFolder(path, { prefix, layer: { skips: isFirst ? NONE : SPECIAL }, mtime, signal });
    return this.#pack(path, tar, new Digester());
  }

  async #tar(path: string): Promise<NewLayer> {
    const { isCompressed = true, signal } = this.#options;
    const file = await openFile(path);
    this.#closers.push(() => file.close());
    const { region } = file;
    const what = quoteText(path);
    const compression = sniffCompression(await region.read(0, MAGIC_LENGTH), what);
    const [inner, outer] = [new Digester(), new Digester()];
    const packed = hashed(await region.open({ signal }), outer);
    const plain = hashed(decompress(packed, { what, compression, signal }), inner);
    for await (const _ of readTar(plain, { what, signal }));
    const diffId = inner.digest();
    if (compression !== 'none' || !isCompressed)
      return newLayer(path, { compression, diffId, digest: outer.digest(), region });
    const again = new Digester();
    const layer = await this.#pack(path, await region.open({ signal }), again);
    if (layer.diffId === diffId) return layer;
    throw new RegError('DIGEST_MISMATCH', 'it has changed while it was read');
  }

  async #pack(path: string, tar: AsyncIterable<Uint8Array>, inner: Digester): Promise<NewLayer> {
    const { isCompressed = true, signal } = this.#options;
    const outer = new Digester();
    const plain = hashed(tar, inner);
    const packed = isCompressed ? gzip(plain, { what: quoteText(path), signal }) : plain;
    const region = await this.#scratch.append(hashed(packed, outer));
    const compression = isCompressed ? 'gzip' : 'none';
    return newLayer(path, { compression, diffId: inner.digest(), digest: outer.digest(), region });
  }
}

/** Without slashes at its ends; `.` for the root. Throws INVALID_ARGUMENT for what leads somewhere else. */
function plainPath(to: string): string {
  const parts = to.split('/').filter((part) => part !== '');
  if (parts.some((part) => part === '.' || part === '..' || /[\\\0]/.test(part)))
    throw new RegError('INVALID_ARGUMENT', `${quoteText(to)} is not a path in an image`);
  return parts.join('/') || '.';
}

interface Packed {
  readonly compression: Compression;
  readonly diffId: Digest;
  readonly digest: Digest;
  readonly region: Region;
}

function newLayer(path: string, { compression, diffId, digest, region }: Packed): NewLayer {
  return {
    diffId,
    name: basename(resolve(path)),
    contentIn: (manifestType) => ({
      descriptor: { mediaType: layerTypeFor(manifestType, { compression }), digest, size: region.size },
      open: (options) => region.open(options),
    }),
  };
}
