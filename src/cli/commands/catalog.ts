/** `reg catalog` */

import { listRepositories } from '../../operations/listing/catalog.js';
import { parseServer } from '../../operations/logins/login.js';
import { parseNamePatterns } from '../../operations/listing/name-pattern.js';
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
  for await (const repository of listRepositories(host, { client, pattern, limit, signal })) {
    output.result(
      { repository, reference: `${host}/${repository}` },
      { human: repository, quiet: repository },
    );
  }
}
