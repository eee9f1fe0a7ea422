/**
 * Applies a layer to a tree (image-spec 1.1, layer.md, "Applying Changesets"): the lower layers are there already.
 *
 *     entry ──▶ is it a whiteout? ── yes ──▶ hide what lower layers have there
 *                    │ no
 *                    ▼
 *               its folder, through links inside the root ──▶ what is there goes ──▶ it is put there
 */

import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import type { LayerEntry } from '../tar/layer.js';
import type { Whiteout } from '../tar/whiteout.js';
import { resolveFolder } from './resolve.js';
import { joined, split, type Tree } from './tree.js';

/**
 * Applies all entries of one layer. Throws UNSAFE_ARCHIVE for what can't be or leads nowhere, and what the tree and the
 * entries throw; the tree is then half done.
 */
export async function applyLayer(tree: Tree, entries: AsyncIterable<LayerEntry>): Promise<void> {
  const own = new OwnPaths();
  for await (const entry of entries) {
    if (entry.whiteout !== undefined) hide(tree, entry.whiteout, own);
    else own.add(await place(tree, entry));
  }
}

/** What this layer put there: its whiteouts are about the layers below, wherever they stand in it. */
class OwnPaths {
  readonly #paths = new Set<string>();
  /** Folders in which nothing else is any more: the same whiteout a thousand times is looked after once. */
  readonly clean = new Set<string>();

  /** Folders on the way count, too. */
  add(path: string): void {
    for (let one = path; one !== '' && !this.#paths.has(one); one = split(one).folder) this.#paths.add(one);
  }

  has(path: string): boolean {
    return this.#paths.has(path);
  }
}

/** Answers the real path. */
async function place(tree: Tree, entry: LayerEntry): Promise<string> {
  if (entry.path === '') return placeRoot(tree, entry);
  const path = realPath(tree, entry.path);
  const there = tree.look(path);
  if (entry.type === 'directory') {
    if (there !== undefined && there.kind !== 'folder') tree.remove(path);
    tree.putFolder(path, entry);
  } else if (entry.type === 'hardlink') {
    await placeLink(tree, entry, path);
  } else {
    if (there !== undefined) tree.remove(path);
    await tree.put(path, entry);
  }
  return path;
}

/** CVE-2021-29136 of umoci: the root itself replaced by a link. */
function placeRoot(tree: Tree, entry: LayerEntry): string {
  if (entry.type !== 'directory')
    throw new RegError('UNSAFE_ARCHIVE', `the root of the image is a ${entry.type}, not a directory`);
  tree.putFolder('', entry);
  return '';
}

/** Where `path` leads, but for a link at its end; the folders on the way are made. */
function realPath(tree: Tree, path: string): string {
  const { folder, name } = split(path);
  return joined(resolveFolder(tree, folder, { isMade: true }) ?? '', name);
}

async function placeLink(tree: Tree, entry: LayerEntry, path: string): Promise<void> {
  const { folder, name } = split(entry.target);
  const found = resolveFolder(tree, folder, { isMade: false });
  const target = joined(found ?? '', name);
  const node = found === undefined || name === '' ? undefined : tree.look(target);
  if (node === undefined) throw wrongLink(entry, 'which is not there');
  if (node.kind === 'folder') throw wrongLink(entry, 'which is a directory');
  if (target === path) throw wrongLink(entry, 'which is itself');
  if (target.startsWith(`${path}/`)) throw wrongLink(entry, 'which lies in what it replaces');
  tree.remove(path);
  // Another link to the same place is as good, and a hard link to one is followed on some systems.
  if (node.kind === 'symlink') await tree.put(path, { ...entry, type: 'symlink', target: node.target });
  else tree.link(path, target);
}

function wrongLink({ path, target }: LayerEntry, reason: string): RegError {
  const message = `${quoteText(path)} is a hard link to ${quoteText(target)}, ${reason}`;
  return new RegError('UNSAFE_ARCHIVE', message);
}

function hide(tree: Tree, { kind, path }: Whiteout, own: OwnPaths): void {
  if (kind === 'none') return;
  const { folder, name } = kind === 'opaque' ? { folder: path, name: '' } : split(path);
  const found = resolveFolder(tree, folder, { isMade: false });
  if (found === undefined) return;
  if (kind === 'opaque') cleanFolder(tree, found, own);
  else removeLower(tree, joined(found, name), own);
}

function cleanFolder(tree: Tree, folder: string, own: OwnPaths): void {
  if (own.clean.has(folder)) return;
  own.clean.add(folder);
  for (const name of tree.names(folder)) removeLower(tree, joined(folder, name), own);
}

/** Removes what is there, but for what this layer put there. */
function removeLower(tree: Tree, path: string, own: OwnPaths): void {
  if (!own.has(path)) tree.remove(path);
  else if (tree.look(path)?.kind === 'folder') cleanFolder(tree, path, own);
}
