/**
 * Writes the file system that layers make as one tar. Each path is there once, and leads through no links, so whoever
 * unpacks it needs to know nothing of layers:
 *
 *     links and devices │ files, layer by layer, each with its hard links │ folders, the deepest first
 *
 * Folders come last, so that even a program which sets modes and times at once gets them right: what is put into a folder
 * changes its time, and some may not be written to.
 */

import type { LayerEntry } from '../tar/layer.js';
import type { TarWriter } from '../tar/writer.js';
import type { Facts, Leaf, MemoryTree } from './memory-tree.js';

/** The names of files by their place in a layer. */
type Wanted = Map<number, string[]>;

export interface FlattenOptions {
  readonly tree: MemoryTree;
  /** Opens each layer once more, the lowest first; called for those that have something in the end. */
  readonly layers: readonly (() => AsyncIterable<LayerEntry>)[];
}

/** Writes all entries, but not the end of the tar. Throws what layers and tar throw. */
export async function flatten(tar: TarWriter, { tree, layers }: FlattenOptions): Promise<void> {
  const wanted = await writeLinks(tar, tree);
  for (const [layer, open] of layers.entries()) {
    const names = wanted.get(layer);
    if (names === undefined) continue;
    for await (const entry of open()) await writeFile(tar, entry, names.get(entry.position) ?? []);
  }
  await writeFolders(tar, tree);
}

/** What has no content; answers which files have. */
async function writeLinks(tar: TarWriter, tree: MemoryTree): Promise<ReadonlyMap<number, Wanted>> {
  const wanted = new Map<number, Wanted>();
  const first = new Map<Leaf, string>();
  for (const { path, facts, leaf } of tree.items()) {
    if (leaf === undefined) continue;
    const known = first.get(leaf);
    if (facts.type === 'file') want(wanted, leaf, path);
    else if (known !== undefined) await tar.addEntry(linkTo(known, path, facts));
    else {
      first.set(leaf, path);
      await tar.addEntry({ ...facts, name: path });
    }
  }
  return wanted;
}

async function writeFolders(tar: TarWriter, tree: MemoryTree): Promise<void> {
  const folders = [...tree.items()].filter(({ leaf }) => leaf === undefined);
  for (const { path, facts } of folders.toReversed())
    await tar.addEntry({ ...facts, name: path === '' ? './' : path });
}

function want(wanted: Map<number, Wanted>, { layer, position }: Leaf, path: string): void {
  const names: Wanted = wanted.get(layer) ?? new Map<number, string[]>();
  wanted.set(layer, names);
  const others = names.get(position);
  if (others === undefined) names.set(position, [path]);
  else others.push(path);
}

/** A file under the first of its names, and hard links to it. */
async function writeFile(tar: TarWriter, entry: LayerEntry, names: readonly string[]): Promise<void> {
  const [name, ...others] = names;
  if (name === undefined) return;
  await tar.addEntry({ ...entry, name }, entry.content);
  for (const other of others) await tar.addEntry(linkTo(name, other, entry));
}

function linkTo(target: string, name: string, facts: Facts): Facts & { readonly name: string } {
  return { ...facts, type: 'hardlink', size: 0, target, name };
}
