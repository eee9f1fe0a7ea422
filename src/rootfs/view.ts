/**
 * What an image looks like, without a disk: layers laid one over the other, whiteouts applied (image-spec 1.1, layer.md).
 *
 *     layer 3   .wh.tmp     etc/hosts                       /
 *     layer 2               etc/passwd             ──▶      └─ etc/
 *     layer 1   tmp/x       etc/hosts  etc/group               ├─ group  hosts  passwd
 *
 * The layers at the top may be all that is known. What depends on those below is then answered with `unknown`: whoever
 * looks for one file reads on only as long as the answer is not certain.
 */

import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import type { Placed } from '../tar/layer.js';
import { encodeName } from '../tar/name.js';
import type { Whiteout } from '../tar/whiteout.js';
import { split } from './tree.js';
import { Folder, walk, type Node } from './view-tree.js';

/** A name in the view. */
export interface Viewed<Entry> {
  /** `etc/hosts`; empty for the root. */
  readonly path: string;
  /** What made it; undefined for a directory that only the names below it tell of. */
  readonly entry: Entry | undefined;
  /** Whose bytes and attributes it has: its own entry, or that of the file which it is a hard link to. */
  readonly file: Entry | undefined;
  readonly isFolder: boolean;
}

export type Finding<Entry> =
  | (Viewed<Entry> & { readonly kind: 'found' })
  /** `path` is the first name on the way that is not there. */
  | { readonly kind: 'absent'; readonly path: string }
  /** It depends on layers that are not known. */
  | { readonly kind: 'unknown' };

export interface FindOptions {
  /** Whether a symbolic link at the end is followed, as those on the way always are. Default true. */
  readonly follow?: boolean;
}

export class View<Entry extends Placed> {
  #root: Node<Entry>;
  readonly #isWhole: boolean;
  /** Counts the layers, from 1 for the lowest. */
  #layer = 0;
  /** Whether a folder that no entry describes may be a link in layers that are not known: then all may be elsewhere. */
  #isUnsettled = false;

  /** `isWhole`: whether the first layer that is added is the lowest one of the image. */
  constructor({ isWhole }: { readonly isWhole: boolean }) {
    this.#isWhole = isWhole;
    this.#root = { layer: 0, folder: new Folder({ isOpaque: isWhole }) };
  }

  /** Lays a layer over what there is. Throws UNSAFE_ARCHIVE for what no layer may hold. */
  add(entries: Iterable<Entry>): void {
    this.#layer += 1;
    for (const entry of entries) this.#addEntry(entry);
  }

  /** What `path` leads to, by the links of the image and never out of it. Throws UNSAFE_ARCHIVE for endless ones. */
  find(path: string, { follow = true }: FindOptions = {}): Finding<Entry> {
    const step = walk(this.#root, { path, follow });
    if (this.#isUnsettled || step.kind === 'unknown') return { kind: 'unknown' };
    if (step.kind === 'absent') return { kind: 'absent', path: step.path };
    const isKnown = step.node.file !== undefined || this.#isWhole;
    return isKnown ? { kind: 'found', ...viewed(step) } : { kind: 'unknown' };
  }

  /** The names below a folder, sorted by their bytes; `isDeep` has each followed by those below it. */
  *below(path: string, { isDeep }: { readonly isDeep: boolean }): Generator<Viewed<Entry>> {
    const waiting = childrenOf(walk(this.#root, { path, follow: true }));
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      yield viewed(next);
      if (isDeep) for (const child of childrenOf(next)) waiting.push(child);
    }
  }

  #addEntry(entry: Entry): void {
    const { path, type, whiteout } = entry;
    if (whiteout !== undefined) return this.#addWhiteout(whiteout);
    const { folder, name } = split(path);
    if (name !== '') return this.#put(this.#makeFolder(folder), name, entry);
    if (type !== 'directory')
      throw new RegError(
        'UNSAFE_ARCHIVE',
        'a layer has something else than a directory for the root of the image',
      );
    this.#root = { ...this.#root, entry, file: entry };
  }

  #addWhiteout({ kind, path }: Whiteout): void {
    const { folder, name } = split(path);
    if (kind === 'opaque') this.#hideAll(this.#openFolder(path));
    else if (kind === 'path') this.#hide(this.#openFolder(folder), name);
  }

  #put(folder: Folder<Entry>, name: string, entry: Entry): void {
    const before = folder.names.get(name);
    const isOpaque = before !== undefined || !folder.isOpenFor(name);
    folder.names.set(name, {
      layer: this.#layer,
      entry,
      file: entry.type === 'hardlink' ? this.#linked(entry) : entry,
      folder: entry.type === 'directory' ? (before?.folder ?? new Folder({ isOpaque })) : undefined,
    });
  }

  /** What a hard link stands for; undefined where that is not there, or in layers that are not known. */
  #linked({ target }: Entry): Entry | undefined {
    const step = walk(this.#root, { path: target, follow: false });
    return step.kind === 'found' && step.node.folder === undefined ? step.node.file : undefined;
  }

  /** Hides what lower layers have under a name. What this layer has there stays, wherever in the layer it stands. */
  #hide(folder: Folder<Entry> | undefined, name: string): void {
    if (folder === undefined) return;
    this.#keepOwn(folder, name);
    folder.hidden.add(name);
  }

  #hideAll(folder: Folder<Entry> | undefined): void {
    if (folder === undefined || folder.cleanSince === this.#layer) return;
    folder.cleanSince = this.#layer;
    for (const name of folder.names.keys()) this.#keepOwn(folder, name);
    folder.isOpaque = true;
  }

  #keepOwn(folder: Folder<Entry>, name: string): void {
    const node = folder.names.get(name);
    if (node === undefined) return;
    this.#hideAll(node.folder);
    if (node.layer === this.#layer) return;
    if ((node.folder?.names.size ?? 0) === 0) folder.names.delete(name);
    else folder.names.set(name, { layer: this.#layer, folder: node.folder });
  }

  /** The folder at `path`, where there is one or may be. */
  #openFolder(path: string): Folder<Entry> | undefined {
    const step = walk(this.#root, { path, follow: true });
    if (step.kind === 'found') return step.node.folder;
    return step.kind === 'unknown' ? this.#makeFolder(path) : undefined;
  }

  /** The folder at `path`, by the links in the way, and made where there is none. Throws UNSAFE_ARCHIVE. */
  #makeFolder(path: string): Folder<Entry> {
    const make = (parent: Folder<Entry>, name: string): Node<Entry> => {
      const isOpaque = !parent.isOpenFor(name);
      this.#isUnsettled ||= !isOpaque;
      const node = { layer: this.#layer, folder: new Folder<Entry>({ isOpaque }) };
      parent.names.set(name, node);
      return node;
    };
    const { folder } = walk(this.#root, { path, follow: true, make }).node;
    if (folder !== undefined) return folder;
    throw new RegError(
      'UNSAFE_ARCHIVE',
      `a layer has something in ${quoteText(path)}, which is not a directory`,
    );
  }
}

interface Place<Entry> {
  readonly path: string;
  readonly node: Node<Entry>;
}

function viewed<Entry>({ path, node }: Place<Entry>): Viewed<Entry> {
  return { path, entry: node.entry, file: node.file, isFolder: node.folder !== undefined };
}

/** The last first. */
function childrenOf<Entry>({ path, node }: Place<Entry>): Place<Entry>[] {
  const prefix = path === '' ? '' : `${path}/`;
  return [...(node.folder?.names ?? [])]
    .map(([name, child]) => ({ path: prefix + name, bytes: encodeName(name), node: child }))
    .sort((one, other) => Buffer.compare(other.bytes, one.bytes));
}
