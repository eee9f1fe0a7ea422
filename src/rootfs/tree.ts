/**
 * A file system under construction: what layers are applied to. One lies on the disk, for `reg unpack`; one is a picture
 * in memory, for `reg export`. The rules are the same for both, and stand in apply.ts and resolve.ts.
 *
 * Paths are real ones: `usr/bin/env` from the root, no folder in them is a link. Only resolve.ts makes them.
 */

import type { LayerEntry } from '../tar/layer.js';

/** What is at a path itself. */
export type Found =
  | { readonly kind: 'folder' | 'other' }
  | { readonly kind: 'symlink'; readonly target: string };

export interface Tree {
  /** What is there; a link is not followed. */
  look(path: string): Found | undefined;
  /** The names in a folder. */
  names(path: string): readonly string[];
  /** Takes away what is there, a folder with all that it holds. A link is not followed. */
  remove(path: string): void;
  /** Makes a folder, unless it is there, and gives it the attributes of `entry`, or those of `IMPLICIT_FOLDER`. */
  putFolder(path: string, entry?: LayerEntry): void;
  /** Puts in what is neither a folder nor a hard link, where nothing is. */
  put(path: string, entry: LayerEntry): Promise<void>;
  /** Gives what is at `target`, neither a folder nor a link, another name, where nothing is. */
  link(path: string, target: string): void;
}

/** A folder that no layer has an entry for: the same each time. */
export const IMPLICIT_FOLDER = { mode: 0o755, uid: 0, gid: 0, mtime: 0 } as const;

/** The path of `name` in a folder. */
export function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** The folder of a path, and the name in it; the path of the root has neither. */
export function split(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(0, slash)), name: path.slice(slash + 1) };
}
