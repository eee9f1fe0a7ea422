/** What `reg doctor` is asked to look at: a registry by its host, or an image. */

import type { Reference } from '../spec/reference.js';
import { parseImage } from './image-name.js';
import { parseServer } from './server-name.js';

export interface Target {
  readonly host: string;
  readonly image?: Reference | undefined;
}

/** A dot or a port may stand in both; a path stands in images only, and a bare word is one. */
const HOST = /^(?:https?:\/\/.*|[^/]*\/|localhost(?::\d+)?|[^/:]*\.[^/:]*(?::\d+)?|\[[^/]*\](?::\d+)?)$/i;

/** `ghcr.io`, `localhost:5000`, `https://ghcr.io/v2/` and `app:5000/` are hosts. Throws INVALID_REFERENCE, INVALID_ARGUMENT. */
export function parseTarget(text: string): Target {
  if (HOST.test(text)) return { host: parseServer(text) };
  const image = parseImage(text);
  return { host: image.domain, image };
}
