/** `reg files`: what is in an image, or in one of its layers. */

import type { Content } from '../../content/types.js';
import { RegError } from '../../errors.js';
import type { View, Viewed } from '../../rootfs/view.js';
import { hexOf, type Digest } from '../../spec/digest.js';
import { quoteText } from '../../spec/text.js';
import type { EntryType } from '../../tar/entry.js';
import { lookAt } from '../look/look-at.js';
import { parseNamePattern } from '../listing/name-pattern.js';
import { LayerReader, layersOf, plainPath, UNDESCRIBED, viewAll, type FilesOptions } from './image-files.js';
import type { LayerFile } from './open-layer.js';

export interface ListFilesOptions extends FilesOptions {
  /** What to list: what is in this directory, or this one file. Default: the root. */
  readonly path?: string | undefined;
  /** Whether what is in directories in it is listed, too. Default true without a path and with `match`, else false. */
  readonly recursive?: boolean | undefined;
  /** Only this layer, as it is, whiteouts and all: its number from 0 for the lowest, its digest or the first digits of it. */
  readonly layer?: string | undefined;
  /**
   * Only what one of these fits: a glob for the last name, or for the whole path where it has a slash, `*.conf` or
   * `/etc/*.d`, or a regular expression for the path between slashes, `/^.etc.*[.]conf$/`.
   */
  readonly match?: readonly string[] | undefined;
}

export interface ListedFile {
  /** From the root, `/etc/hosts`. A byte that is no UTF-8 is a lone surrogate, as Python has it (PEP 383). */
  readonly path: string;
  readonly type: EntryType;
  /** Permissions, 0 to 07777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Length in bytes. */
  readonly size: number;
  /** Seconds since 1970, with a fraction; absent for directories that only what is in them tells of. */
  readonly mtime?: number;
  /** Where a symbolic link leads, or what a hard link is another name of. */
  readonly target?: string;
  /** The layer that it is of. */
  readonly layer?: Digest;
}

/**
 * The files of an image, sorted by their paths, or of one layer, in its own order. Layers without a table of contents are
 * read from end to end. Throws NOT_FOUND, PLATFORM_NOT_FOUND, INVALID_ARGUMENT for an unknown layer or a wrong pattern,
 * DIGEST_MISMATCH, UNSAFE_ARCHIVE, UNSUPPORTED for an unknown compression, TOO_LARGE, and what the place throws.
 */
export async function listFiles(image: string, options: ListFilesOptions): Promise<readonly ListedFile[]> {
  const isMeant = await matcherOf(options.match ?? []);
  const reader = new LayerReader(options);
  try {
    return await lookAt(image, { ...options, verb: 'list the files of' }, async (looked) => {
      const layers = await layersOf(looked, options);
      const files =
        options.layer === undefined
          ? listView(await viewAll(layers, reader), options)
          : listLayer(await reader.open(chooseLayer(layers, options.layer)), options.path);
      return files.filter(isMeant);
    });
  } finally {
    await reader.close();
  }
}

/** Longest path that is looked at: as long as Linux takes (`PATH_MAX`). */
const MAX_PATH = 4096;

async function matcherOf(texts: readonly string[]): Promise<(file: ListedFile) => boolean> {
  const options = { code: 'INVALID_ARGUMENT', maxLength: MAX_PATH } as const;
  const patterns = await Promise.all(texts.map((text) => parseNamePattern(text, options)));
  const isForPath = texts.map((text) => text.includes('/'));
  return ({ path }) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return (
      patterns.length === 0 || patterns.some((matches, at) => matches(isForPath[at] === true ? path : name))
    );
  };
}

function listView(
  view: View<LayerFile>,
  { path, recursive, match }: ListFilesOptions,
): readonly ListedFile[] {
  const shown = path ?? '/';
  const found = view.find(shown);
  if (found.kind !== 'found') throw new RegError('NOT_FOUND', `it has no ${quoteText(shown)}`);
  if (found.isFolder)
    return [
      ...view.below(found.path, { isDeep: recursive ?? (path === undefined || match !== undefined) }),
    ].map(fromView);
  // A link is shown as itself.
  const itself = view.find(shown, { follow: false });
  return itself.kind === 'found' ? [fromView(itself)] : [];
}

function fromView({ path, entry, file }: Viewed<LayerFile>): ListedFile {
  if (entry === undefined) return { path: `/${path}`, ...UNDESCRIBED };
  const { mode, uid, gid, mtime, size } = file ?? entry;
  return { ...describe(`/${path}`, entry), mode, uid, gid, size, mtime };
}

function describe(path: string, { type, mode, uid, gid, size, mtime, target, layer }: LayerFile): ListedFile {
  return {
    path,
    type,
    mode,
    uid,
    gid,
    size,
    mtime,
    ...(type === 'symlink' ? { target } : {}),
    ...(type === 'hardlink' ? { target: `/${target}` } : {}),
    layer: layer.descriptor.digest,
  };
}

function listLayer(files: readonly LayerFile[], path = ''): readonly ListedFile[] {
  const wanted = plainPath(path);
  const isBelow = (file: LayerFile): boolean =>
    wanted === '' || file.path === wanted || file.path.startsWith(`${wanted}/`);
  return files.filter(isBelow).map((file) => describe(`/${file.path}`, file));
}

function chooseLayer(layers: readonly Content[], text: string): Content {
  const digest = text.replace(/^sha256:/, '');
  const isNumber = /^\d{1,5}$/.test(text);
  const matching = isNumber
    ? layers.slice(Number(text)).slice(0, 1)
    : layers.filter(({ descriptor }) => digest.length >= 6 && hexOf(descriptor.digest).startsWith(digest));
  const [first] = matching;
  const isOne = new Set(matching.map(({ descriptor }) => descriptor.digest)).size === 1;
  if (first !== undefined && isOne) return first;
  throw new RegError('INVALID_ARGUMENT', `it has no layer ${quoteText(text)}`, {
    hint: `It has ${layers.length}, numbered from 0, the lowest; "reg layers" lists them with their digests.`,
  });
}
