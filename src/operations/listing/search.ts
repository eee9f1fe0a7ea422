/** `reg search`: public repositories of Docker Hub. */

import type { CallOptions } from '../../content/types.js';
import { explain, RegError } from '../../errors.js';
import type { RegistryClient } from '../../registry/client.js';
import type { Hit } from '../../registry/listing/search.js';
import { quoteText } from '../../spec/text.js';

export interface SearchImagesOptions extends CallOptions {
  readonly client: RegistryClient;
  /** 1 to 100; default 25. */
  readonly limit?: number | undefined;
  /** Only Docker's own selection. Default false. */
  readonly isOfficial?: boolean | undefined;
  /** Fewest stars. Default 0. */
  readonly minStars?: number | undefined;
}

/** Most that Docker Hub gives at a time, and what docker asks for. */
const MAX_HITS = 100;
const DEFAULT_HITS = 25;

/**
 * Finds repositories on Docker Hub, the best first, by one request without a login. Throws INVALID_ARGUMENT for another
 * registry, and what Docker Hub throws.
 */
export async function searchImages(
  term: string,
  { client, limit = DEFAULT_HITS, isOfficial = false, minStars = 0, signal }: SearchImagesOptions,
): Promise<readonly Hit[]> {
  // Docker Hub itself knows its official images by one word.
  const words = term
    .trim()
    .replace(/^docker\.io\//, '')
    .replace(/^library\//, '');
  if (words === '') throw new RegError('INVALID_ARGUMENT', 'there is nothing to search for');
  if (/^(?:[^/]*[.:][^/]*|localhost)\//.test(words))
    throw new RegError(
      'INVALID_ARGUMENT',
      `cannot search ${quoteText(words)}: only Docker Hub can be searched`,
      {
        hint: 'Leave the host out; "reg catalog HOST" lists what a registry has.',
      },
    );
  const isFiltered = isOfficial || minStars > 0;
  try {
    const hits = await client.search(words, { limit: isFiltered ? MAX_HITS : limit, signal });
    return hits.filter((hit) => (hit.isOfficial || !isOfficial) && hit.stars >= minStars).slice(0, limit);
  } catch (error) {
    throw explain(error, `cannot search Docker Hub for ${quoteText(words)}`);
  }
}
