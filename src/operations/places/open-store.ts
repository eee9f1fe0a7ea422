/** The local store, with the defaults that a program wants. */

import { systemClock } from '../../content/system-clock.js';
import { thisProcess } from '../../disk/this-process.js';
import { openLayout, type Layout, type LayoutOptions } from '../../layout/layout.js';

/**
 * Opens the store in `folder`, an OCI image layout; it is made when something is first put in. To be closed by the
 * caller. Throws STORE_CORRUPT, INVALID_ARGUMENT for a directory that holds something else, DISK_ERROR.
 */
export function openStore(folder: string, options: Partial<LayoutOptions> = {}): Promise<Layout> {
  return openLayout(folder, { clock: systemClock, ...thisProcess, ...options });
}
