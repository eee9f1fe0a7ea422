/** Where things are kept that may be lost at any time, and that nobody else may have put there. */

import { lstatSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

import type { Surroundings } from './environment.js';

/** `$XDG_CACHE_HOME/reg`, else `~/.cache/reg`; undefined when there is no home. */
export function cacheFolder({ env, home }: Surroundings): string | undefined {
  const cache = env['XDG_CACHE_HOME'] ?? '';
  if (isAbsolute(cache)) return join(cache, 'reg');
  return home === undefined ? undefined : join(home, '.cache', 'reg');
}

/** Where what registries say of themselves is remembered. */
export function hostMemoryFile(surroundings: Surroundings): string | undefined {
  const folder = cacheFolder(surroundings);
  return folder === undefined ? undefined : join(folder, 'hosts.json');
}

/** Whether a folder is there that only `uid`, the user of this process, can have put anything into. */
export function isPrivateFolder(folder: string, uid: number | undefined): boolean {
  try {
    const found = lstatSync(folder);
    // Windows has no such numbers: there the folder of a person is nobody else's.
    return found.isDirectory() && (uid === undefined || (found.uid === uid && (found.mode & 0o022) === 0));
  } catch {
    return false;
  }
}
