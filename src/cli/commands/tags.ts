/** `reg tags` */

import { findTags, type FoundTag, type TagOrder } from '../../operations/listing/find-tags.js';
import { parseNamePatterns } from '../../operations/listing/name-pattern.js';
import { describeNoTags } from '../../operations/listing/tags.js';
import { parseReference } from '../../spec/reference.js';
import type { Context } from '../context.js';
import type { ListFlags } from '../flags/flags.js';
import { noticer } from '../open/notices.js';

interface TagsFlags extends ListFlags {
  readonly sort?: TagOrder;
}

export async function run(context: Context<TagsFlags>): Promise<void> {
  const { args, flags, output, client, signal } = context;
  const [repository = ''] = args;
  const { sort, limit, match = [] } = flags;
  const pattern =
    match.length === 0 ? undefined : await parseNamePatterns(match, { code: 'INVALID_ARGUMENT' });
  const tell = noticer(context);
  const onUnreadable = (tag: string, { message }: Error): void =>
    tell({ type: 'warning', message: `cannot read the tag ${tag}: ${message}` });
  const tags = findTags(repository, { client: await client(), pattern, sort, limit, signal, onUnreadable });
  const none = describeNoTags(parseReference(repository), match);
  if (sort !== 'created') return output.each(tags, { line: ({ tag }) => tag, none });
  const dated: FoundTag[] = [];
  for await (const found of tags) dated.push(found);
  output.list(dated, { head: ['TAG', 'CREATED', 'DIGEST'], row: rowOf, quiet: ({ tag }) => tag, none });
}

function rowOf({ tag, created, digest }: FoundTag): readonly string[] {
  return [tag, formatMinute(created), digest?.replace(/^sha(256|512):/, '').slice(0, 12) ?? '-'];
}

/** `2026-03-02 10:15`, in UTC. */
function formatMinute(created: string | null | undefined): string {
  return created ? new Date(created).toISOString().slice(0, 16).replace('T', ' ') : '-';
}
