/** `reg search` */

import { searchImages } from '../../operations/listing/search.js';
import { quoteText } from '../../spec/text.js';
import type { Context } from '../context.js';

interface SearchFlags {
  readonly limit?: number;
  readonly official?: true;
  readonly stars?: number;
}

export async function run({ args, flags, io, output, client, signal }: Context<SearchFlags>): Promise<void> {
  const [term = ''] = args;
  const { limit, official: isOfficial, stars: minStars } = flags;
  const hits = await searchImages(term, { client: await client([]), limit, isOfficial, minStars, signal });
  output.list(hits, {
    head: ['NAME', 'STARS', 'OFFICIAL', 'DESCRIPTION'],
    row: ({ name, stars, isOfficial: isTheirs, description }) => [
      name,
      String(stars),
      isTheirs ? 'yes' : '',
      description,
    ],
    quiet: ({ name }) => name,
    none: `nothing on Docker Hub fits ${quoteText(term)}`,
    width: io.stdout.isTTY ? io.stdout.columns : undefined,
  });
}
