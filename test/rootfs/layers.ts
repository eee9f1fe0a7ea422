/** Layers applied to both kinds of trees, told by what is there afterwards. */

import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { platform } from 'node:process';
import { buffer } from 'node:stream/consumers';

import { contentOf } from '../../src/content/read.js';
import { applyLayer } from '../../src/rootfs/apply.js';
import { DiskTree, type DiskTreeOptions } from '../../src/rootfs/disk-tree.js';
import { flatten } from '../../src/rootfs/flatten.js';
import type { Losses } from '../../src/rootfs/losses.js';
import { MemoryTree } from '../../src/rootfs/memory-tree.js';
import { View } from '../../src/rootfs/view.js';
import { describe } from '../../src/spec/descriptor.js';
import { OCI_LAYER } from '../../src/spec/media-type.js';
import { layerEntries, type LayerEntry } from '../../src/tar/layer.js';
import { readTar } from '../../src/tar/read.js';
import { TarWriter } from '../../src/tar/writer.js';
import { rawTar, type RawEntry } from '../support/raw-tar.js';

/** The entries of each layer, the lowest first. */
export type Layers = readonly (readonly RawEntry[])[];

/** `folder`, `> target` for a link, `fifo`, else what a file holds; by path. */
export type Listing = Readonly<Record<string, string>>;

export const ME: DiskTreeOptions['user'] =
  process.getuid && process.getgid ? { uid: process.getuid(), gid: process.getgid() } : undefined;

function entriesOf(layer: readonly RawEntry[]): AsyncGenerator<LayerEntry> {
  const bytes = rawTar(layer);
  return layerEntries(contentOf(describe(OCI_LAYER, bytes), bytes));
}

/** Unpacks into `root`, which is made. */
export async function unpackTo(
  root: string,
  layers: Layers,
  options: Partial<DiskTreeOptions> = {},
): Promise<Losses> {
  mkdirSync(root, 0o700);
  const tree = new DiskTree(root, {
    user: ME,
    isWindows: platform === 'win32',
    makeNode: async () => false,
    ...options,
  });
  for (const layer of layers) await applyLayer(tree, entriesOf(layer));
  return tree.finish();
}

/** What is below a folder on the disk. */
export function listFolder(root: string, path = ''): Listing {
  const at = join(root, path);
  const stats = lstatSync(at);
  const own = (text: string): Listing => (path === '' ? {} : { [path]: text });
  if (stats.isSymbolicLink()) return own(`> ${readlinkSync(at)}`);
  if (stats.isFile()) return own(readFileSync(at, 'utf8'));
  if (!stats.isDirectory()) return own('other');
  const below = readdirSync(at).map((name) => listFolder(root, path === '' ? name : `${path}/${name}`));
  return Object.assign({}, own('folder'), ...below) as Listing;
}

/** What is in the tar that the layers make. */
export async function listFlat(layers: Layers): Promise<Listing> {
  const found: Record<string, string> = {};
  for await (const { name, type, target, content } of readTar(flat(layers), { what: 'the tar' })) {
    const path = name.replace(/^\.\/|\/$/g, '');
    if (path === '') continue;
    if (type === 'file') found[path] = (await buffer(content)).toString();
    else if (type === 'hardlink') found[path] = found[target] ?? 'linked before it is there';
    else found[path] = type === 'directory' ? 'folder' : type === 'symlink' ? `> ${target}` : 'other';
  }
  return found;
}

/** The kinds of what `reg files` tells of: a hard link as what it is a link to. */
export async function listView(layers: Layers): Promise<Readonly<Record<string, string>>> {
  const view = new View<LayerEntry>({ isWhole: true });
  for (const layer of layers) {
    const entries: LayerEntry[] = [];
    for await (const entry of entriesOf(layer)) entries.push(entry);
    view.add(entries);
  }
  const found = [...view.below('', { isDeep: true })].map(({ path, file, isFolder }): [string, string] => [
    path,
    isFolder ? 'folder' : file?.type === 'symlink' ? `> ${file.target}` : (file?.type ?? 'nothing'),
  ]);
  return Object.fromEntries(found);
}

/** The tar that the layers make. */
async function* flat(layers: Layers): AsyncGenerator<Uint8Array> {
  const tree = new MemoryTree();
  for (const [number, layer] of layers.entries()) {
    tree.layer = number;
    await applyLayer(tree, entriesOf(layer));
  }
  const chunks: Uint8Array[] = [];
  const tar = new TarWriter({ write: async (bytes) => void chunks.push(bytes) });
  await flatten(tar, { tree, layers: layers.map((layer) => () => entriesOf(layer)) });
  await tar.end();
  yield* chunks;
}
