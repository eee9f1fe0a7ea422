/**
 * `reg tags`: some tags of a repository, in some order.
 *
 *     listTags ─▶ pattern ─▶ no order: as they come, until there are enough
 *                        ─▶ by name or version: the first ones so far are kept
 *                        ─▶ by date: every one is asked for its date
 */

import type { RegistryClient } from '../../registry/client.js';
import { parseReference } from '../../spec/reference.js';
import type { NamePattern } from './name-pattern.js';
import { readDates, type DatedTag, type ReadDatesOptions } from './tag-dates.js';
import { listTags, type ListTagsOptions } from './tags.js';

/** As the registry lists them where there is none. */
export type TagOrder = 'name' | 'semver' | 'created';

export interface FindTagsOptions extends Pick<ListTagsOptions, 'signal'> {
  readonly client: RegistryClient;
  /** Only tags that match; default: all. */
  readonly pattern?: NamePattern | undefined;
  /** Default: as the registry lists them. `semver`: highest version first. `created`: newest image first. */
  readonly sort?: TagOrder | undefined;
  /** Most tags to yield. Default: no limit. */
  readonly limit?: number | undefined;
  /** Called for each tag whose image cannot be read, when sorting by `created`; such tags come last. */
  readonly onUnreadable?: ReadDatesOptions['onUnreadable'];
}

/** With digest and date by `created` only. */
export type FoundTag = Pick<DatedTag, 'tag'> & Partial<DatedTag>;

type Sort = (tags: readonly FoundTag[]) => readonly FoundTag[];

/**
 * The tags of a repository that are wanted, in the order that is asked for, each as soon as it is known to be one. By
 * `created` it costs two or three requests for each tag, which some registries count as pulls. Throws as `listTags`, and
 * what keeps all tags from being read.
 */
export async function* findTags(repository: string, options: FindTagsOptions): AsyncGenerator<FoundTag> {
  const { sort, limit = Infinity } = options;
  if (sort === undefined) yield* firstOf(matching(repository, options), limit);
  else if (sort === 'created') yield* newestOf(repository, options);
  else yield* await bestOf(matching(repository, options), { sort: await sorterOf(sort), limit });
}

async function* matching(repository: string, options: FindTagsOptions): AsyncGenerator<FoundTag> {
  const { client, signal, sort, limit, pattern } = options;
  const atMost = sort === undefined && pattern === undefined ? limit : undefined;
  for await (const tag of listTags(repository, { client, signal, atMost }))
    if (pattern === undefined || pattern(tag)) yield { tag };
}

async function* firstOf(tags: AsyncIterable<FoundTag>, limit: number): AsyncGenerator<FoundTag> {
  let count = 0;
  for await (const tag of tags) {
    yield tag;
    count += 1;
    // Leaves the pages behind alone.
    if (count >= limit) return;
  }
}

async function sorterOf(order: 'name' | 'semver'): Promise<Sort> {
  if (order === 'semver') return (await import('./versions.js')).sortByVersion;
  return (tags) => tags.toSorted((one, other) => (one.tag === other.tag ? 0 : one.tag < other.tag ? -1 : 1));
}

/** So many more than are wanted are kept before they are sorted again. */
const SPARE = 4096;

/** Keeps those that may be wanted and a few more, however many come. */
async function bestOf(
  tags: AsyncIterable<FoundTag>,
  { sort, limit }: { readonly sort: Sort; readonly limit: number },
): Promise<readonly FoundTag[]> {
  let best: FoundTag[] = [];
  for await (const tag of tags) {
    best.push(tag);
    if (best.length >= limit + SPARE) best = sort(best).slice(0, limit);
  }
  return sort(best).slice(0, limit);
}

async function* newestOf(repository: string, options: FindTagsOptions): AsyncGenerator<FoundTag> {
  const { client, limit, signal, onUnreadable } = options;
  const tags: string[] = [];
  for await (const { tag } of matching(repository, options)) tags.push(tag);
  const { domain, path } = parseReference(repository);
  const source = client.repository(domain, path);
  const dated = await readDates(tags, { source, signal, onUnreadable });
  yield* dated.toSorted(byDate).slice(0, limit);
}

function byDate(one: DatedTag, other: DatedTag): number {
  const difference = timeOf(other) - timeOf(one);
  return difference || (one.tag < other.tag ? -1 : 1);
}

/** Of nothing, the beginning of all time. */
function timeOf({ created }: DatedTag): number {
  return created === null ? Number.MIN_SAFE_INTEGER : Date.parse(created);
}
