/** Images made without any code of `reg`, the same bytes each time, to judge it by. */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Header } from 'tar-stream';
import { bytesContent, patternContent, sha256, streamedContent } from './contents.js';
import type { TestContent } from './contents.js';
import { programPath } from './programs.js';

interface TestPlatform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
}

interface TestDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: TestPlatform;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface TestManifest {
  readonly descriptor: TestDescriptor;
  readonly bytes: Buffer;
}

/** A manifest or an index with all that it leads to. */
export interface TestGraph extends TestManifest {
  /** By digest, itself too, children before parents. */
  readonly manifests: ReadonlyMap<string, TestManifest>;
  /** Configs and layers by digest. */
  readonly blobs: ReadonlyMap<string, TestContent>;
}

export interface TestImage extends TestGraph {
  readonly config: Buffer;
  readonly layers: readonly TestLayer[];
}

export interface TestLayer {
  /** As it is stored, compressed or not. */
  readonly blob: TestContent;
  /** Uncompressed; its digest is the diff ID. */
  readonly tar: TestContent;
}

/** A file's content, or for all but plain files (links, modes, folders) a tar header with it. */
export type TestFile = string | Uint8Array | FileWithHeader;
type FileWithHeader = Partial<Header> & { readonly content?: string | Uint8Array };

type Family = 'oci' | 'docker';

const MEDIA_TYPES = {
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
    tar: 'application/vnd.oci.image.layer.v1.tar',
  },
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    tar: 'application/vnd.docker.image.rootfs.diff.tar',
  },
} as const;

/** Makes a layer of files by name, gzip-compressed unless told otherwise. */
export async function layer(
  files: Readonly<Record<string, TestFile>>,
  options: { readonly compression?: 'gzip' | 'none' } = {},
): Promise<TestLayer> {
  const archive = pack();
  for (const [name, file] of Object.entries(files)) {
    const isPlain = typeof file === 'string' || file instanceof Uint8Array;
    const { content = '', ...header }: FileWithHeader = isPlain ? { content: file } : file;
    archive.entry({ mtime: new Date(0), ...header, name }, Buffer.from(content));
  }
  archive.finalize();
  const bytes = await buffer(archive);
  const tar = bytesContent(bytes);
  return { tar, blob: options.compression === 'none' ? tar : bytesContent(gzipSync(bytes)) };
}

/** Makes an uncompressed layer that holds one file, `big`, of so many bytes; it is never in memory. */
export async function bigLayer(fileSize: number, seed: number): Promise<TestLayer> {
  const file = await patternContent(fileSize, seed);
  const archive = pack();
  archive.entry({ name: 'big', size: fileSize, mtime: new Date(0) });
  const { value: header } = await archive[Symbol.asyncIterator]().next();
  if (!Buffer.isBuffer(header)) throw new Error('tar-stream gave no header.');
  // Up to a full record of 512 bytes, then two empty records end a tar.
  const end = Buffer.alloc(((512 - (fileSize % 512)) % 512) + 1024);
  const tar = await streamedContent(header.length + fileSize + end.length, async function* (from = 0) {
    if (from < header.length) yield header.subarray(from);
    if (from < header.length + fileSize) yield* file.open(Math.max(0, from - header.length));
    yield end.subarray(Math.max(0, from - header.length - fileSize));
  });
  return { tar, blob: tar };
}

export interface ImageOptions {
  readonly layers: readonly TestLayer[];
  /** Default: linux/amd64. */
  readonly platform?: TestPlatform;
  /** Default: `oci`. */
  readonly mediaTypes?: Family;
  /** Put over the fields of the config (`{ config: { Cmd: [...] } }`). */
  readonly config?: object;
  /** Put over the fields of the manifest (`{ annotations, subject, artifactType }`). */
  readonly manifest?: object;
}

/** Makes an image. */
export function image(options: ImageOptions): TestImage {
  const { layers, platform = { architecture: 'amd64', os: 'linux' }, mediaTypes = 'oci' } = options;
  const types = MEDIA_TYPES[mediaTypes];
  const config = json({
    created: '1970-01-01T00:00:00Z',
    ...platform,
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ tar }) => tar.digest) },
    history: layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'test' })),
    ...options.config,
  });
  const configContent = bytesContent(config);
  const root = manifest(types.manifest, {
    config: { mediaType: types.config, digest: configContent.digest, size: configContent.size },
    layers: layers.map(({ blob, tar }) => ({
      mediaType: blob === tar ? types.tar : types.gzip,
      digest: blob.digest,
      size: blob.size,
    })),
    ...options.manifest,
  });
  const { bytes, descriptor } = root;
  return {
    bytes,
    descriptor: { ...descriptor, platform },
    manifests: new Map([[descriptor.digest, root]]),
    blobs: byDigest([configContent, ...layers.map(({ blob }) => blob)]),
    config,
    layers,
  };
}

/** Makes an index of images (and attestations, and other indexes), in the order given. */
export function index(
  children: readonly TestGraph[],
  options: { readonly mediaTypes?: Family; readonly annotations?: Readonly<Record<string, string>> } = {},
): TestGraph {
  const { mediaTypes = 'oci', annotations } = options;
  const root = manifest(MEDIA_TYPES[mediaTypes].index, {
    manifests: children.map(({ descriptor }) => descriptor),
    ...(annotations && { annotations }),
  });
  return {
    ...root,
    manifests: new Map([
      ...children.flatMap((child) => [...child.manifests]),
      [root.descriptor.digest, root],
    ]),
    blobs: new Map(children.flatMap((child) => [...child.blobs])),
  };
}

/** Makes the `unknown/unknown` manifest that BuildKit puts beside each image of an index. */
export function attestation(subject: TestImage): TestGraph {
  const statement = bytesContent(
    json({ _type: 'https://in-toto.io/Statement/v0.1', subject: [], predicate: {} }),
  );
  const made = image({
    layers: [],
    platform: { architecture: 'unknown', os: 'unknown' },
    manifest: {
      layers: [
        {
          mediaType: 'application/vnd.in-toto+json',
          digest: statement.digest,
          size: statement.size,
          annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' },
        },
      ],
    },
  });
  const annotations = {
    'vnd.docker.reference.digest': subject.descriptor.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  return {
    ...made,
    descriptor: { ...made.descriptor, annotations },
    blobs: new Map([...made.blobs, [statement.digest, statement]]),
  };
}

/** Makes a real, runnable image of the machine's busybox (`needs('busybox')`); about a megabyte in one layer. */
export async function busyboxImage(options: Partial<ImageOptions> = {}): Promise<TestImage> {
  const content = await readFile(programPath('busybox'));
  const files = await layer({
    'bin/': { type: 'directory', mode: 0o755 },
    'bin/busybox': { content, mode: 0o755 },
    'bin/sh': { type: 'symlink', linkname: 'busybox' },
  });
  return image({ layers: [files], config: { config: { Cmd: ['/bin/sh'] } }, ...options });
}

/** Makes a small index as build tools do: two platforms, and an attestation for each. */
export async function sampleIndex(mediaTypes: Family = 'oci'): Promise<TestGraph> {
  const base = await layer({ 'etc/os-release': 'ID=test\n', 'usr/': { type: 'directory' } });
  const images = await Promise.all(
    ['amd64', 'arm64'].map(async (architecture) =>
      image({
        layers: [base, await layer({ 'bin/app': `app for ${architecture}\n` })],
        platform: { architecture, os: 'linux', ...(architecture === 'arm64' && { variant: 'v8' }) },
        mediaTypes,
      }),
    ),
  );
  return index([...images, ...images.map(attestation)], { mediaTypes });
}

function manifest(mediaType: string, fields: object): TestManifest {
  const bytes = json({ schemaVersion: 2, mediaType, ...fields });
  return { bytes, descriptor: { mediaType, digest: sha256(bytes), size: bytes.length } };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function byDigest(contents: readonly TestContent[]): ReadonlyMap<string, TestContent> {
  return new Map(contents.map((content) => [content.digest, content]));
}
