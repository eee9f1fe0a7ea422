/** `reg catalog` */

import { listRepositories } from '../../operations/listing/catalog.js';
import { parseServer } from '../../operations/server-name.js';
import { parseNamePatterns, quotePatterns } from '../../operations/listing/name-pattern.js';
import type { Context } from '../context.js';
import type { ListFlags } from '../flags/flags.js';

/** Longest name of a repository that references can hold (distribution, reference.go). */
const MAX_LENGTH = 255;

export async function run(context: Context<ListFlags>): Promise<void> {
  const { args, flags, output, signal } = context;
  const { limit, match = [] } = flags;
  const host = parseServer(args[0] ?? '');
  const options = { code: 'INVALID_ARGUMENT', maxLength: MAX_LENGTH } as const;
  const pattern = match.length === 0 ? undefined : await parseNamePatterns(match, options);
  const client = await context.client([host]);
  const none =
    match.length === 0
      ? `${host} lists no repositories`
      : `no repository of ${host} fits ${quotePatterns(match)}`;
  const repositories = listRepositories(host, { client, pattern, limit, signal });
  await output.each(named(repositories, host), { line: ({ repository }) => repository, none });
}

interface Listed {
  readonly repository: string;
  readonly reference: string;
}

async function* named(repositories: AsyncIterable<string>, host: string): AsyncGenerator<Listed> {
  for await (const repository of repositories) yield { repository, reference: `${host}/${repository}` };
}
