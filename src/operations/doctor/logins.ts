/** How many logins a file holds. */

import { parseEntry } from '../../credentials/auth-entry.js';
import type { DockerConfig } from '../../credentials/docker-config.js';
import { quoteText } from '../../spec/text.js';

/** Looks at each of them. Throws INVALID_CONFIG. */
export function countLogins({ what, auths }: DockerConfig): number {
  const entries = Object.entries(auths).map(([key, entry]) =>
    parseEntry(entry, `${what}: auths[${quoteText(key)}]`),
  );
  return entries.filter((entry) => entry !== undefined).length;
}
