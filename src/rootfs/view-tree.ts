/** The tree that a view is kept in, and the one way through it: by symbolic links, and never above its root. */

import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import type { Placed } from '../tar/layer.js';
import { MAX_LINKS } from './resolve.js';

/** Most folders one in another: a path of Linux has at most 4096 bytes. */
const MAX_DEPTH = 2048;

export interface Node<Entry> {
  /** Number of the layer that it is of. */
  readonly layer: number;
  /** What made it; undefined for a folder that only the names below it tell of. */
  readonly entry?: Entry | undefined;
  /** Whose bytes and attributes it has: its own entry, or that of the file which it is a hard link to. */
  readonly file?: Entry | undefined;
  /** Of directories. */
  readonly folder?: Folder<Entry> | undefined;
}

export class Folder<Entry> {
  readonly names = new Map<string, Node<Entry>>();
  /** Names under which nothing shows through from below. */
  readonly hidden = new Set<string>();
  /** Whether nothing at all shows through. */
  isOpaque: boolean;
  /** Number of the layer that hid all that was in it, and has put in what there is. */
  cleanSince = 0;

  constructor({ isOpaque }: { readonly isOpaque: boolean }) {
    this.isOpaque = isOpaque;
  }

  /** Whether what lower layers have under `name` shows through. */
  isOpenFor(name: string): boolean {
    return !this.isOpaque && !this.hidden.has(name);
  }
}

export interface WalkOptions<Entry> {
  readonly path: string;
  /** Whether a symbolic link at the end is followed. */
  readonly follow: boolean;
  /** Puts a folder under a name that is not there. */
  readonly make?: (parent: Folder<Entry>, name: string) => Node<Entry>;
}

/** Where a way led: to something, to a name that is not there, or to where layers that are not known decide. */
export interface Step<Entry> {
  readonly kind: 'found' | 'absent' | 'unknown';
  /** Without links; empty for the root. */
  readonly path: string;
  /** What stands there; for `absent` and `unknown`, the last that was found. */
  readonly node: Node<Entry>;
}

/** Goes from `root` to where `path` leads. Throws UNSAFE_ARCHIVE for links without end and depths without bottom. */
export function walk<Entry extends Placed>(
  root: Node<Entry>,
  { path, follow, make }: WalkOptions<Entry>,
): Step<Entry> {
  const way = new Way(root);
  let left = namesIn(path);
  let links = 0;
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    const { folder } = way.node;
    if (folder === undefined) return way.end('absent');
    if (name === '..') {
      way.back();
      continue;
    }
    const node = folder.names.get(name) ?? make?.(folder, name);
    if (node === undefined) return way.end(folder.isOpenFor(name) ? 'unknown' : 'absent', name);
    const target = follow || left.length > 0 ? targetOf(node) : undefined;
    if (target === undefined) {
      way.go(name, node);
      continue;
    }
    links += 1;
    if (links > MAX_LINKS)
      throw new RegError('UNSAFE_ARCHIVE', `${quoteText(path)} leads through too many symbolic links`);
    if (target.startsWith('/')) way.toRoot();
    left = [...left, ...namesIn(target)];
  }
  return way.end('found');
}

/** The parts of a path, the last first; empty ones and dots say nothing. */
function namesIn(path: string): string[] {
  return path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .toReversed();
}

/** Where a symbolic link leads; undefined for all else. */
function targetOf<Entry extends Placed>({ file }: Node<Entry>): string | undefined {
  return file?.type === 'symlink' ? file.target : undefined;
}

/** How far a walk has come. */
class Way<Entry> {
  readonly #root: Node<Entry>;
  #steps: { readonly name: string; readonly node: Node<Entry> }[] = [];

  constructor(root: Node<Entry>) {
    this.#root = root;
  }

  get node(): Node<Entry> {
    return this.#steps.at(-1)?.node ?? this.#root;
  }

  go(name: string, node: Node<Entry>): void {
    if (this.#steps.length >= MAX_DEPTH)
      throw new RegError('UNSAFE_ARCHIVE', `directories are nested more than ${MAX_DEPTH} levels deep`);
    this.#steps.push({ name, node });
  }

  back(): void {
    this.#steps.pop();
  }

  toRoot(): void {
    this.#steps = [];
  }

  /** `name` is what could not be found. */
  end(kind: Step<Entry>['kind'], name?: string): Step<Entry> {
    const names = [...this.#steps.map((step) => step.name), ...(name === undefined ? [] : [name])];
    return { kind, path: names.join('/'), node: this.node };
  }
}
