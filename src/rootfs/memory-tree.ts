/** A tree in memory: what the file system would be, without the contents. A few hundred bytes for each file. */

import type { EntryFacts } from '../tar/entry.js';
import type { LayerEntry } from '../tar/layer.js';
import { joined, split, IMPLICIT_FOLDER, type Found, type Tree } from './tree.js';

export type Facts = Omit<EntryFacts, 'name'>;

/** Something that is no folder. Hard links are several paths to one. */
export interface Leaf {
  readonly facts: Facts;
  /** Number of the layer that has its content. */
  readonly layer: number;
  /** Which entry of that layer it is. */
  readonly position: number;
}

interface Folder {
  facts: Facts;
  readonly items: Map<string, Item>;
}

type Item = Folder | Leaf;

/** What is at a path, in the order of the paths. */
export interface TreeItem {
  readonly path: string;
  readonly facts: Facts;
  /** Undefined for a folder. */
  readonly leaf?: Leaf;
}

export class MemoryTree implements Tree {
  readonly #root: Folder = { facts: IMPLICIT_FACTS, items: new Map() };
  /** Number of the layer that is being applied. */
  layer = 0;

  look(path: string): Found | undefined {
    const item = this.#find(path);
    if (item === undefined) return undefined;
    if ('items' in item) return { kind: 'folder' };
    const { type, target } = item.facts;
    return type === 'symlink' ? { kind: 'symlink', target } : { kind: 'other' };
  }

  names(path: string): readonly string[] {
    return [...(this.#folder(path)?.items.keys() ?? [])];
  }

  remove(path: string): void {
    const { folder, name } = split(path);
    this.#folder(folder)?.items.delete(name);
  }

  putFolder(path: string, entry?: LayerEntry): void {
    const facts = entry === undefined ? IMPLICIT_FACTS : factsOf(entry);
    const there = this.#folder(path);
    if (there === undefined) this.#add(path, { facts, items: new Map() });
    else there.facts = facts;
  }

  async put(path: string, entry: LayerEntry): Promise<void> {
    this.#add(path, { facts: factsOf(entry), layer: this.layer, position: entry.position });
  }

  link(path: string, target: string): void {
    const item = this.#find(target);
    if (item !== undefined) this.#add(path, item);
  }

  /** Everything, folders before what they hold, names in the order of their code units; the root where a layer has it. */
  *items(folder = this.#root, path = ''): Generator<TreeItem> {
    if (path !== '' || folder.facts !== IMPLICIT_FACTS) yield { path, facts: folder.facts };
    for (const [name, item] of [...folder.items].sort(byName)) {
      const below = joined(path, name);
      if ('items' in item) yield* this.items(item, below);
      else yield { path: below, facts: item.facts, leaf: item };
    }
  }

  #add(path: string, item: Item): void {
    const { folder, name } = split(path);
    this.#folder(folder)?.items.set(name, item);
  }

  #folder(path: string): Folder | undefined {
    const item = this.#find(path);
    return item !== undefined && 'items' in item ? item : undefined;
  }

  #find(path: string): Item | undefined {
    let item: Item | undefined = this.#root;
    for (const name of path === '' ? [] : path.split('/')) {
      if (item === undefined || !('items' in item)) return undefined;
      item = item.items.get(name);
    }
    return item;
  }
}

const IMPLICIT_FACTS: Facts = {
  ...IMPLICIT_FOLDER,
  type: 'directory',
  size: 0,
  target: '',
  device: [0, 0],
  xattrs: new Map(),
};

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

function factsOf({ type, mode, uid, gid, mtime, size, target, device, xattrs }: LayerEntry): Facts {
  return { type, mode, uid, gid, mtime, size, target, device, xattrs };
}
