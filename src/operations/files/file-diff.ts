/** `reg diff --files`: how the files of two images differ. */

import type { View, Viewed } from '../../rootfs/view.js';
import type { EntryType } from '../../tar/entry.js';
import { lookAt, type Looked } from '../look/look-at.js';
import { LayerReader, layersOf, UNDESCRIBED, viewAll, type FilesOptions } from './image-files.js';
import type { LayerFile } from './open-layer.js';

/** What of a file may differ. Times are no difference: they change with every build. */
export type FileAspect = 'type' | 'content' | 'target' | 'device' | 'mode' | 'owner' | 'attributes';

export interface FileChange {
  readonly change: 'added' | 'removed' | 'changed';
  /** From the root. */
  readonly path: string;
  /** In the first image; absent where it was added. */
  readonly from?: FileState;
  /** In the second image; absent where it was removed. */
  readonly to?: FileState;
  /** What differs of what is in both. */
  readonly aspects?: readonly FileAspect[];
}

export interface FileState {
  /** A hard link counts as the file that it is. */
  readonly type: EntryType;
  /** Permissions, 0 to 07777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Length in bytes. */
  readonly size: number;
  /** Where a symbolic link leads. */
  readonly target?: string;
}

/**
 * The files that differ between two images, by their paths. A directory that is only in one comes with all that is in it,
 * behind it. A layer that both have is read once; where all are the same nothing is. Contents are compared by their digests.
 * Throws as `listFiles`.
 */
export async function compareFiles(
  { from, to }: { readonly from: string; readonly to: string },
  options: FilesOptions,
): Promise<readonly FileChange[]> {
  const reader = new LayerReader({ ...options, needsDigests: true });
  const opened = { ...options, verb: 'compare the files of' };
  try {
    return await lookAt(from, opened, (first) =>
      lookAt(to, opened, (second) => compareImages({ first, second }, { ...options, reader })),
    );
  } finally {
    await reader.close();
  }
}

async function compareImages(
  { first, second }: { readonly first: Looked; readonly second: Looked },
  { reader, ...options }: FilesOptions & { readonly reader: LayerReader },
): Promise<readonly FileChange[]> {
  const [before, after] = await Promise.all([layersOf(first, options), layersOf(second, options)]);
  const isSame =
    before.length === after.length &&
    before.every(({ descriptor }, at) => descriptor.digest === after[at]?.descriptor.digest);
  if (isSame) return [];
  return compareViews(...(await Promise.all([viewAll(before, reader), viewAll(after, reader)])));
}

type Found = Viewed<LayerFile>;

function compareViews(before: View<LayerFile>, after: View<LayerFile>): readonly FileChange[] {
  const old = byPath(before);
  const now = byPath(after);
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((path) => ({ path, order: path.replaceAll('/', '\0') }))
    .sort((one, other) => (one.order < other.order ? -1 : 1))
    .flatMap(({ path }) => changeOf(`/${path}`, old.get(path), now.get(path)) ?? []);
}

function byPath(view: View<LayerFile>): ReadonlyMap<string, Found> {
  return new Map([...view.below('', { isDeep: true })].map((found) => [found.path, found]));
}

function changeOf(path: string, before: Found | undefined, after: Found | undefined): FileChange | undefined {
  const from = before && stateOf(before);
  const to = after && stateOf(after);
  if (from === undefined) return to && { change: 'added', path, to };
  if (to === undefined) return { change: 'removed', path, from };
  // One and the same, of a layer that both have.
  if (before?.file !== undefined && before.file === after?.file) return undefined;
  const aspects = aspectsOf({ ...from, file: before?.file }, { ...to, file: after?.file });
  return aspects.length === 0 ? undefined : { change: 'changed', path, from, to, aspects };
}

function stateOf({ entry, file = entry }: Found): FileState {
  if (file === undefined) return UNDESCRIBED;
  const { type, mode, uid, gid, size, target } = file;
  return { type, mode, uid, gid, size, ...(type === 'symlink' ? { target } : {}) };
}

interface Compared extends FileState {
  readonly file: LayerFile | undefined;
}

function aspectsOf(from: Compared, to: Compared): readonly FileAspect[] {
  if (from.type !== to.type) return ['type'];
  const aspects: readonly (readonly [aspect: FileAspect, differs: boolean])[] = [
    ['content', from.size !== to.size || (from.size > 0 && from.file?.digest !== to.file?.digest)],
    ['target', from.target !== to.target],
    ['device', deviceOf(from) !== deviceOf(to)],
    // Nobody looks at the mode of a link.
    ['mode', from.mode !== to.mode && from.type !== 'symlink'],
    ['owner', from.uid !== to.uid || from.gid !== to.gid],
    ['attributes', attributesOf(from) !== attributesOf(to)],
  ];
  return aspects.flatMap(([aspect, differs]) => (differs ? [aspect] : []));
}

function deviceOf({ file }: Compared): string {
  return (file?.device ?? [0, 0]).join();
}

function attributesOf({ file }: Compared): string {
  const attributes = [...(file?.xattrs ?? [])].map(([name, value]) => `${name}=${value.toString('base64')}`);
  return attributes.sort().join('\n');
}
