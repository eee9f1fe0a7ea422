/** How much of a content an interrupted try has left on the disk. */

import { look } from './files.js';
import { PartsNote } from './parts-note.js';

/**
 * Number of bytes that the partial at `path` holds, less its gaps, of which the file at `notePath` tells if there is one; 0
 * for what is no file. Not by what it takes up on the disk: not every system tells that. Throws DISK_ERROR.
 */
export async function heldBytes(path: string, notePath: string | undefined): Promise<number> {
  const stats = await look(path);
  if (stats?.isFile() !== true) return 0;
  return notePath === undefined ? stats.size : (await new PartsNote(notePath).read(stats.size)).size;
}
