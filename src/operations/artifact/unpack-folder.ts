/**
 * A layer that is a folder, unpacked: by the rules for the layers of images, into a folder of its own, and from there to
 * where it is to be.
 *
 *     layer ──▶ entries, below the title ──▶ .reg-DIGEST.partial.d ──rename──▶ the folder, or file by file into it
 */

import { mkdir, rm } from 'node:fs/promises';

import type { CallOptions, Content } from '../../content/types.js';
import { onDisk } from '../../disk/files.js';
import { explain, RegError } from '../../errors.js';
import { applyLayer } from '../../rootfs/apply.js';
import { DiskTree } from '../../rootfs/disk-tree.js';
import type { Losses } from '../../rootfs/losses.js';
import { UNPACKED_DIGEST } from '../../spec/artifact.js';
import { isDigest, type Digest } from '../../spec/digest.js';
import { quoteText } from '../../spec/text.js';
import { layerEntries, type LayerEntry } from '../../tar/layer.js';
import { Quota } from '../../tar/quota.js';
import { mergeFolder } from './merge-folder.js';
import type { WantedFile } from './wanted.js';

interface UnpackOptions extends CallOptions {
  readonly file: WantedFile;
  /** Where to unpack it first: a path that only we use. */
  readonly work: string;
  /** Where it is to be. */
  readonly path: string;
  readonly keepOldFiles: boolean;
  /** Most bytes that it may unpack to; default: see `Quota`. */
  readonly maxBytes?: number | undefined;
  /** As `process.platform`. */
  readonly system: string;
}

/**
 * Unpacks `content`, which is whole. Everything belongs to whoever runs this. Throws UNSAFE_ARCHIVE for what is not below
 * the title or leads out of it, DIGEST_MISMATCH, TOO_LARGE, DISK_FULL, DISK_ERROR.
 */
export async function unpackFolder(content: Content, options: UnpackOptions): Promise<void> {
  const { file, work, path, keepOldFiles, maxBytes, system, signal } = options;
  await removeAll(work);
  await onDisk({ verb: 'write', path: work }, () => mkdir(work, { mode: 0o700 }));
  try {
    const tree = new DiskTree(work, {
      isWindows: system === 'win32',
      makeNode: async () => false,
      checkLink: (link, target) => explained(file, link, () => requireInside({ path: link, target }, system)),
    });
    const entries = layerEntries(content, {
      diffId: unpackedDigest(file),
      quota: new Quota({ maxBytes }),
      signal,
    });
    await applyLayer(tree, below(file, entries));
    requireNoTwins(tree.finish());
    await mergeFolder(work, path, { keepOldFiles });
  } finally {
    await removeAll(work);
  }
}

function unpackedDigest({ descriptor }: WantedFile): Digest | undefined {
  const digest = descriptor.annotations?.[UNPACKED_DIGEST];
  return digest !== undefined && isDigest(digest) ? digest : undefined;
}

/** What of an entry is kept: names from the folder on, and no meaning of layers, which are not to hide anything here. */
async function* below(file: WantedFile, entries: AsyncIterable<LayerEntry>): AsyncGenerator<LayerEntry> {
  const folder = file.parts.join('/');
  for await (const { whiteout: _, ...entry } of entries) {
    // What no artifact has reason to have is left out, as oras does.
    if (!KEPT.has(entry.type)) continue;
    yield explained(file, entry.path, () => {
      const path = relativeTo(folder, entry.path);
      const target = entry.type === 'hardlink' ? relativeTo(folder, entry.target) : entry.target;
      return { ...entry, path, target };
    });
  }
}

function explained<T>({ title }: WantedFile, path: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw explain(error, `cannot unpack ${quoteText(title)}: ${quoteText(path)}`);
  }
}

const KEPT: ReadonlySet<string> = new Set(['file', 'directory', 'symlink', 'hardlink']);

function relativeTo(folder: string, path: string): string {
  if (folder === '' || path === folder) return folder === '' ? path : '';
  if (path.startsWith(`${folder}/`)) return path.slice(folder.length + 1);
  throw new RegError('UNSAFE_ARCHIVE', 'it is outside of the directory');
}

interface Link {
  readonly path: string;
  readonly target: string;
}

/**
 * Nothing is written through a link, but who pulled the files may follow it. `path` is where it really is, which is not
 * what its entry says where that leads through links or makes a hard link to one. Behind a name, which may be a link
 * itself, `..` leads nobody knows where.
 */
function requireInside({ path, target }: Link, system: string): void {
  const link = `it is a link to ${quoteText(target)}`;
  if (system === 'win32' && /[\\:]/.test(target))
    throw new RegError('UNSAFE_ARCHIVE', `${link}, which Windows takes for something else`);
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const up = parts.lastIndexOf('..') + 1;
  const isUpFirst = parts.slice(0, up).every((part) => part === '..');
  if (isUpFirst && up < path.split('/').length && !target.startsWith('/')) return;
  const where = isUpFirst ? 'outside of the directory' : 'which may lead out of the directory';
  throw new RegError('UNSAFE_ARCHIVE', `${link}, ${where}`);
}

/** Of an artifact every file is wanted. */
function requireNoTwins({ twins: [twin] }: Losses): void {
  if (twin === undefined) return;
  throw new RegError('UNSUPPORTED', `this disk takes ${quoteText(twin)} for another file that is there`, {
    hint: 'Pull it to a disk that tells upper from lower case.',
  });
}

async function removeAll(path: string): Promise<void> {
  await onDisk({ verb: 'remove', path }, () => rm(path, { recursive: true, force: true }));
}
