/** The local store as flags and environment ask for it. Loaded only by commands that need it. */

import type { Layout, LayoutOptions } from '../../layout/layout.js';
import { openStore as openStoreIn } from '../../operations/places/open-store.js';
import { storeFolder } from '../environment.js';
import type { Io } from '../io.js';
import { noticer, type NoticeParts } from './notices.js';

/** To be closed by the caller. Throws INVALID_CONFIG, STORE_CORRUPT, DISK_ERROR. */
export function openStore(
  parts: NoticeParts & { readonly io: Io },
  options?: Pick<LayoutOptions, 'unnamedLifeMs'>,
): Promise<Layout> {
  const { io, flags } = parts;
  const folder = flags.store ?? storeFolder(io);
  return openStoreIn(folder, { ...options, onNotice: noticer(parts) });
}
