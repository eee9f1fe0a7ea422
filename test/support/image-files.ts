import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { bytesContent, sha256 } from './contents.js';
import type { TestContent } from './contents.js';
import type { TestGraph, TestImage } from './images.js';

/** Graphs by the name that they get: a tag in a layout, a whole reference in a Docker archive. */
export type Named<T> = Readonly<Record<string, T>>;

/** What a folder or an archive holds, by path with forward slashes, in order. */
type Files = ReadonlyMap<string, TestContent | { readonly linkTo: string }>;

/** Writes an OCI image layout (image-spec 1.1, image-layout.md) into a folder. */
export async function writeLayout(folder: string, graphs: Named<TestGraph>): Promise<void> {
  for (const [path, content] of layoutFiles(graphs)) {
    const file = join(folder, ...path.split('/'));
    await mkdir(dirname(file), { recursive: true });
    await pipeline(Readable.from(content.open()), createWriteStream(file));
  }
}

/** Writes the same as a tar, as skopeo's `oci-archive:` does. */
export function writeOciArchive(file: string, graphs: Named<TestGraph>): Promise<void> {
  return writeTar(file, layoutFiles(graphs));
}

/**
 * Writes what `docker save` writes, for references such as `docker.io/library/app:1`: since Docker 25 a layout with a
 * `manifest.json` beside it, before that (`classic`) a folder with a `layer.tar` for each layer.
 */
export function writeDockerArchive(
  file: string,
  images: Named<TestImage>,
  options: { readonly style?: 'classic' | 'layout' } = {},
): Promise<void> {
  return writeTar(file, options.style === 'classic' ? classicFiles(images) : modernFiles(images));
}

function layoutFiles(graphs: Named<TestGraph>, annotate = refName): ReadonlyMap<string, TestContent> {
  const roots = Object.entries(graphs);
  const contents = roots.flatMap(([, { blobs, manifests }]) => [
    ...blobs.values(),
    ...[...manifests.values()].map(({ bytes }) => bytesContent(bytes)),
  ]);
  const manifests = roots.map(([name, { descriptor }]) => ({
    ...descriptor,
    annotations: { ...descriptor.annotations, ...annotate(name) },
  }));
  return new Map([
    ['oci-layout', json({ imageLayoutVersion: '1.0.0' })],
    [
      'index.json',
      json({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }),
    ],
    ...contents.map((content): [string, TestContent] => [blobPath(content.digest), content]),
  ]);
}

function refName(name: string): Record<string, string> {
  return { 'org.opencontainers.image.ref.name': name };
}

function modernFiles(images: Named<TestImage>): Files {
  const layout = layoutFiles(images, (reference) => ({
    'io.containerd.image.name': reference,
    ...refName(splitTag(reference)[1]),
  }));
  const list = Object.entries(images).map(([reference, { config, layers }]) => ({
    Config: blobPath(sha256(config)),
    RepoTags: [reference],
    Layers: layers.map(({ blob }) => blobPath(blob.digest)),
  }));
  return new Map([...layout, ['manifest.json', json(list)]]);
}

function classicFiles(images: Named<TestImage>): Files {
  const files = new Map<string, TestContent | { readonly linkTo: string }>();
  const list: object[] = [];
  const repositories: Record<string, Record<string, string>> = {};
  for (const [reference, { config, layers }] of Object.entries(images)) {
    const ids = layers.map((_, i) => chainId(layers.slice(0, i + 1).map(({ tar }) => tar.digest)));
    layers.forEach(({ tar }, i) => addClassicLayer(files, ids[i] ?? '', { parent: ids[i - 1], tar }));
    files.set(`${hex(sha256(config))}.json`, bytesContent(config));
    list.push({
      Config: `${hex(sha256(config))}.json`,
      RepoTags: [reference],
      Layers: ids.map((id) => `${id}/layer.tar`),
    });
    const [name, tag] = splitTag(reference);
    repositories[name] = { ...repositories[name], [tag]: ids.at(-1) ?? '' };
  }
  return files.set('manifest.json', json(list)).set('repositories', json(repositories));
}

function addClassicLayer(
  files: Map<string, TestContent | { readonly linkTo: string }>,
  id: string,
  { parent, tar }: { readonly parent: string | undefined; readonly tar: TestContent },
): void {
  if (files.has(`${id}/layer.tar`)) return;
  const twin = [...files].find(
    ([path, file]) => path.endsWith('/layer.tar') && 'open' in file && file.digest === tar.digest,
  );
  files.set(`${id}/VERSION`, bytesContent(Buffer.from('1.0')));
  files.set(`${id}/json`, json({ id, ...(parent !== undefined && { parent }), os: 'linux' }));
  // Docker wrote a layer that an image has twice only once.
  files.set(`${id}/layer.tar`, twin ? { linkTo: `../${twin[0]}` } : tar);
}

async function writeTar(file: string, files: Files): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createWriteStream(file));
  for (const [name, content] of files) {
    const header = { name, mtime: new Date(0) };
    if ('linkTo' in content) archive.entry({ ...header, type: 'symlink', linkname: content.linkTo });
    else await pipeline(Readable.from(content.open()), archive.entry({ ...header, size: content.size }));
  }
  archive.finalize();
  await written;
}

/** Any 64 hex digits would do; Docker's were made from the chain as well. */
function chainId(diffIds: readonly string[]): string {
  return hex(sha256(diffIds.join(' ')));
}

/** `name:tag` in two; a tag is required. */
function splitTag(reference: string): readonly [string, string] {
  const colon = reference.lastIndexOf(':');
  return [reference.slice(0, colon), reference.slice(colon + 1)];
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function hex(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1);
}

function json(value: object): TestContent {
  return bytesContent(Buffer.from(JSON.stringify(value)));
}
