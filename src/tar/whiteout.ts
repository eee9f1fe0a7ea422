/** Whiteouts: entries that say what is gone of the layers below (image-spec 1.1, layer.md, "Whiteouts"). */

import { RegError } from '../errors.js';
import type { EntryType } from './entry.js';

export interface Whiteout {
  /** `path`: a file or folder is gone. `opaque`: all that layers below have in a folder is. `none`: nothing is. */
  readonly kind: 'path' | 'opaque' | 'none';
  /** What it is about. */
  readonly path: string;
}

const PREFIX = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** What AUFS kept for itself, and old Dockers left in layers: means nothing to anybody. */
const META = '.wh..wh.';

/**
 * What an entry by this path says about layers below; undefined for an entry that is what it seems. Throws
 * UNSAFE_ARCHIVE for the name of nothing, or of another folder.
 */
export function whiteoutOf(path: string, type: EntryType): Whiteout | undefined {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  if (parts[0]?.startsWith(META) === true) return { kind: 'none', path };
  if (!name.startsWith(PREFIX)) return undefined;
  if (name !== OPAQUE && name.startsWith(META)) return { kind: 'none', path };
  // AUFS linked whiteouts to each other, so old layers have hard links among them.
  if (type !== 'file' && type !== 'hardlink')
    throw new RegError('UNSAFE_ARCHIVE', 'it is a whiteout but not a file');
  if (name === OPAQUE) return { kind: 'opaque', path: parts.join('/') };
  return { kind: 'path', path: [...parts, hiddenBy(name)].join('/') };
}

function hiddenBy(name: string): string {
  const hidden = name.slice(PREFIX.length);
  if (hidden !== '' && hidden !== '.' && hidden !== '..') return hidden;
  throw new RegError('UNSAFE_ARCHIVE', 'it is a whiteout of no file');
}
