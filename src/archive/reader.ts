/**
 * Archives as sources: whatever kind of tar it is, read in place.
 *
 *     file ─────────────┐
 *     stdin ─▶ scratch ─┴▶ tar ─▶ index of its entries ─▶ OCI layout ─────────────▶ images
 *              (gzip, zstd: unpacked into scratch)   └─▶ docker save ─▶ conversion ─▶ images
 */

import type { CallOptions, Source } from '../content/types.js';
import { hasCode, RegError } from '../errors.js';
import { isDigest } from '../spec/digest.js';
import { quoteText } from '../spec/text.js';
import { chunksUntilAborted } from '../content/abort.js';
import { decompress, MAGIC_LENGTH, sniffCompression } from '../tar/compression.js';
import { isDockerArchive, readDockerImages } from './docker-archive.js';
import { chooseImage, type ArchiveImage, type ImageSet } from './image.js';
import { isOciArchive, readOciImages } from './oci-archive.js';
import { openFile, type Region } from '../disk/region.js';
import { Scratch } from '../disk/scratch.js';
import { indexTar, type TarIndex } from '../tar/tar-index.js';

/** An open archive. `resolve` takes a name as `chooseImage` does, or the digest of an image. */
export interface Archive extends Source {
  images(): readonly ArchiveImage[];
  /** Removes what was kept aside; the source can't be used any more. */
  close(): Promise<void>;
}

export interface ArchiveOptions extends CallOptions {
  /** What a stream is called in messages; default: the archive on the standard input. */
  readonly what?: string | undefined;
  /** Where to keep what can't be read in place; as large as the images, for some archives. */
  readonly temporaryFolder: string;
}

const STDIN = 'the archive on the standard input';

/**
 * Opens an archive: a file by its path, or a stream, which is kept on disk meanwhile. Throws UNSAFE_ARCHIVE for what
 * is damaged or no archive of images, UNSUPPORTED, INVALID_MANIFEST, INVALID_ARGUMENT, TOO_LARGE, DISK_FULL,
 * DISK_ERROR, ABORTED.
 */
export async function openArchive(
  input: string | AsyncIterable<Uint8Array>,
  { temporaryFolder, signal, what: streamName = STDIN }: ArchiveOptions,
): Promise<Archive> {
  const what = typeof input === 'string' ? quoteText(input) : streamName;
  const scratch = new Scratch(temporaryFolder);
  const closers = [() => scratch.close()];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0)) await one();
  };
  try {
    const raw = await openRaw(input, { scratch, onClose: (one) => closers.push(one), signal });
    const tar = await unpacked(raw, { scratch, what, signal });
    const set = await readImages(await indexTar(tar, { what, signal }), { scratch, what, signal });
    return { ...asSource(set, what), images: () => set.images, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Work extends CallOptions {
  readonly scratch: Scratch;
  readonly what: string;
}

async function openRaw(
  input: string | AsyncIterable<Uint8Array>,
  {
    scratch,
    onClose,
    signal,
  }: Omit<Work, 'what'> & { readonly onClose: (close: () => Promise<void>) => void },
): Promise<Region> {
  if (typeof input !== 'string') return scratch.append(chunksUntilAborted(input, signal));
  const file = await openFile(input);
  onClose(() => file.close());
  return file.region;
}

async function unpacked(raw: Region, { scratch, what, signal }: Work): Promise<Region> {
  const compression = sniffCompression(await raw.read(0, MAGIC_LENGTH), what);
  if (compression === 'none') return raw;
  return scratch.append(decompress(await raw.open({ signal }), { compression, what, signal }));
}

/** Since Docker 25 an archive is both kinds at once; as an OCI layout its digests stay as they are. */
async function readImages(files: TarIndex, { scratch, what, signal }: Work): Promise<ImageSet> {
  const isDocker = isDockerArchive(files);
  if (isOciArchive(files)) {
    const set = await readOciImages(files, what);
    if (!isDocker || (await isComplete(set, signal))) return set;
  }
  if (isDocker) return readDockerImages(files, { what, scratch });
  throw new RegError(
    'UNSAFE_ARCHIVE',
    `${what} is not an archive of images: it has neither "oci-layout" nor "manifest.json"`,
  );
}

async function isComplete({ images }: ImageSet, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    for (const image of images) await image.root({ signal });
    return images.length > 0;
  } catch (error) {
    if (hasCode(error, 'UNSAFE_ARCHIVE')) return false;
    throw error;
  }
}

function asSource({ images, get }: ImageSet, what: string): Source {
  return {
    get,
    async resolve(name, options) {
      if (!isDigest(name)) return chooseImage(images, { name, what }).root(options);
      for (const image of images) {
        const root = await image.root(options);
        if (root.digest === name) return root;
      }
      throw new RegError('NOT_FOUND', `${quoteText(name)} is not in ${what}`);
    },
  };
}
