/** The images that are measured: the same bytes everywhere, made once and kept as OCI image layouts. */

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import { sha256 } from '../support/contents.js';
import type { TestContent } from '../support/contents.js';
import { bigLayer, image } from '../support/images.js';

const MB = 1_000_000;

/** Sizes of the layers in bytes, before the few that tar and gzip add. */
const RECIPES = {
  '3mb': [3 * MB],
  '70mb': [30, 20, 10, 6, 3, 0.9, 0.1].map((size) => size * MB),
  '100x1mb': Array<number>(100).fill(MB),
  '100mb': [100 * MB],
  '10x100mb': Array<number>(10).fill(100 * MB),
  '1gb': [1000 * MB],
  '20x1kb': Array<number>(20).fill(1000),
  '200x1kb': Array<number>(200).fill(1000),
  '2000x1kb': Array<number>(2000).fill(1000),
} as const satisfies Record<string, readonly number[]>;

export type ImageName = keyof typeof RECIPES;

export interface BenchImage {
  readonly name: ImageName;
  /** Repository and tag: `bench/3mb:1`. */
  readonly reference: string;
  /** The layout, where the image is tagged `1`. */
  readonly folder: string;
  /** Of the manifest. */
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes of all layers. */
  readonly size: number;
  /** How many. */
  readonly layers: number;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** The image out of the cache folder; it is made there when it is missing. */
export async function openImage(cache: string, name: ImageName): Promise<BenchImage> {
  const folder = join(cache, name);
  const root = (await rootOf(folder)) ?? (await makeImage(folder, RECIPES[name]));
  const manifest: { readonly layers: readonly Descriptor[] } = JSON.parse(
    await readFile(blobPath(folder, root.digest), 'utf8'),
  );
  return {
    name,
    reference: `bench/${name}:1`,
    folder,
    digest: root.digest,
    mediaType: root.mediaType,
    size: manifest.layers.reduce((sum, { size }) => sum + size, 0),
    layers: manifest.layers.length,
  };
}

/** Where in any layout the blobs of the one in `folder` are. */
export async function blobsOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(join(folder, 'blobs', 'sha256'));
  return names.map((name) => join('blobs', 'sha256', name));
}

/** index.json is written last, so what has one is whole. */
async function rootOf(folder: string): Promise<Descriptor | undefined> {
  try {
    const index: { readonly manifests: readonly Descriptor[] } = JSON.parse(
      await readFile(join(folder, 'index.json'), 'utf8'),
    );
    return index.manifests[0];
  } catch {
    return undefined;
  }
}

async function makeImage(folder: string, sizes: readonly number[]): Promise<Descriptor> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  const layers = [];
  for (const [position, size] of sizes.entries()) {
    const { tar } = await bigLayer(size, sizes.length * 1000 + position);
    layers.push({ tar, blob: await writeCompressed(folder, tar) });
  }
  const { config, bytes, descriptor } = image({ layers });
  await writeFile(blobPath(folder, sha256(config)), config);
  await writeFile(blobPath(folder, descriptor.digest), bytes);
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const root = { ...descriptor, annotations: { 'org.opencontainers.image.ref.name': '1' } };
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [root] };
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
  return root;
}

/** Writes the layer with gzip around it. Nothing is won by trying harder: the bytes are random. */
async function writeCompressed(folder: string, tar: TestContent): Promise<TestContent> {
  const partial = join(folder, 'layer.partial');
  const hash = createHash('sha256');
  let size = 0;
  await pipeline(
    Readable.from(tar.open(), { objectMode: false }),
    createGzip({ level: 0, chunkSize: 1024 * 1024 }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(partial),
  );
  const digest = `sha256:${hash.digest('hex')}`;
  await rename(partial, blobPath(folder, digest));
  return { digest, size, open: () => createReadStream(blobPath(folder, digest)) };
}

function blobPath(folder: string, digest: string): string {
  return join(folder, 'blobs', ...digest.split(':'));
}
