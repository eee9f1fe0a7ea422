/**
 * A folder as a tar that is the same on every machine and at any time: sorted by the bytes of the names, owned by nobody,
 * all of one age. Of permissions it keeps what all systems know, whether a file can be run.
 */

import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import { throwIfAborted } from '../content/abort.js';
import type { CallOptions } from '../content/types.js';
import { onDisk } from '../disk/files.js';
import { openFile } from '../disk/region.js';
import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import { decodeName } from './name.js';
import { streamTarget } from './target.js';
import { TarWriter } from './writer.js';

interface FolderOptions extends CallOptions {
  /** What the folder is called in the tar, with forward slashes; `.` for no name at all. */
  readonly prefix: string;
  /**
   * As a layer of an image: the folders above it are entries, too, and those that are named here are none. What has no
   * entry and is missing Docker makes for root alone (seen with 20.10); but an entry replaces a link, and permissions.
   */
  readonly layer?: { readonly skips: ReadonlySet<string> } | undefined;
  /** When everything was changed last, in seconds since 1970; default 0. */
  readonly mtime?: number | undefined;
}

const [FOLDER_MODE, FILE_MODE, LINK_MODE] = [0o755, 0o644, 0o777];

/** Who may run a file, may read it: the bits to run it are all or none. */
const RUN_BITS = 0o111;

/**
 * The bytes of the tar. Symbolic links are kept as they are and never followed, but for `folder` itself; hard links become
 * files. Throws UNSUPPORTED for sockets, pipes and devices, SIZE_MISMATCH for a file that changes, DISK_ERROR, ABORTED.
 */
export async function* tarFolder(folder: string, options: FolderOptions): AsyncGenerator<Uint8Array> {
  const bytes = new PassThrough();
  const filling = fill(new TarWriter(streamTarget(bytes)), folder, options).then(
    () => void bytes.end(),
    (error: Error) => void bytes.destroy(error),
  );
  try {
    for await (const chunk of bytes as AsyncIterable<unknown>) if (chunk instanceof Uint8Array) yield chunk;
  } finally {
    bytes.destroy();
    await filling;
  }
}

async function fill(tar: TarWriter, folder: string, options: FolderOptions): Promise<void> {
  const parents = options.layer === undefined ? [] : parentsOf(options.prefix);
  for (const name of parents) await addEntry(tar, name, options);
  await addFolder(tar, folder, options);
  await tar.end();
}

/** `a/b/c` is in `a` and `a/b`. */
function parentsOf(name: string): readonly string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

async function addFolder(tar: TarWriter, path: string, options: FolderOptions): Promise<void> {
  const { prefix, signal } = options;
  throwIfAborted(signal);
  await addEntry(tar, prefix, options);
  const names = await onDisk({ verb: 'read', path }, () => readdir(path));
  for (const name of names.toSorted(byBytes))
    await addOne(tar, join(path, name), {
      ...options,
      prefix: prefix === '.' ? name : `${prefix}/${name}`,
    });
}

/** The folder itself. */
async function addEntry(tar: TarWriter, name: string, { layer, mtime = 0 }: FolderOptions): Promise<void> {
  if (layer !== undefined && (name === '.' || layer.skips.has(name))) return;
  await tar.addNode({ name, type: 'directory', mode: FOLDER_MODE, mtime });
}

async function addOne(tar: TarWriter, path: string, options: FolderOptions): Promise<void> {
  const stats = await onDisk({ verb: 'read', path }, () => lstat(path));
  const { prefix: name, mtime = 0, signal } = options;
  if (stats.isDirectory()) return addFolder(tar, path, options);
  if (stats.isFile()) {
    const mode = FILE_MODE | ((stats.mode & RUN_BITS) === 0 ? 0 : RUN_BITS);
    return addFile(tar, path, { name, mode, mtime, signal });
  }
  if (!stats.isSymbolicLink()) {
    const hint = 'Leave it out: only files, directories and symbolic links can be kept.';
    const what = `${quoteText(path)} is a socket, a pipe or a device`;
    throw new RegError('UNSUPPORTED', what, { hint });
  }
  const target = await onDisk({ verb: 'read', path }, () => readlink(path, 'buffer'));
  return tar.addNode({ name, type: 'symlink', mode: LINK_MODE, mtime, target: decodeName(target) });
}

interface FileEntry extends CallOptions {
  readonly name: string;
  readonly mode: number;
  readonly mtime: number;
}

async function addFile(tar: TarWriter, path: string, { signal, ...facts }: FileEntry): Promise<void> {
  const file = await openFile(path);
  try {
    const { region } = file;
    await tar.add({ ...facts, size: region.size }, await region.open({ signal }));
  } finally {
    await file.close();
  }
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
