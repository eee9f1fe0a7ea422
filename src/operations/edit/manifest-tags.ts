/** Which tags of a repository need a manifest: those that stand for it, and those of an index that lists it. */

import { createLimit } from '../../content/limit.js';
import { readManifest } from '../../content/read.js';
import type { CallOptions } from '../../content/types.js';
import { hasCode, RegError } from '../../errors.js';
import type { Registry } from '../../registry/registry.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { shortDigest, type Digest } from '../../spec/digest.js';
import { isIndexType } from '../../spec/media-type.js';
import { cleanText } from '../../spec/text.js';
import { currentIn } from '../transfer/guarded.js';

/** Tags that are looked at to find those of one manifest: a request each. */
const MAX_TAGS = 1000;
/** Requests at once. */
const CONCURRENCY = 8;
/** Lists of referrers, which are kept up when one of those is deleted (distribution-spec 1.1, "Referrers Tag Schema"). */
const REFERRERS_TAG = /^sha(?:256|512)-[0-9a-f]{64}$/;

interface TagsOptions extends CallOptions {
  readonly digest: Digest;
  /** A tag that is not looked at. */
  readonly except: string | undefined;
  /** Whether to look at the first of more tags than can be looked at, instead of throwing TOO_LARGE. Default false. */
  readonly allTags?: boolean | undefined;
}

/**
 * The tags that stand for `digest`. Costs a request for each tag of the repository, and another for each index. Throws
 * UNSUPPORTED where the index of a tag lists it: without it that would be broken.
 */
export async function tagsOf(registry: Registry, options: TagsOptions): Promise<readonly string[]> {
  const { digest, signal } = options;
  const tags = await listTags(registry, options);
  const limit = createLimit(CONCURRENCY);
  const found = await Promise.all(
    tags.map(async (tag) => ({ tag, is: await limit(() => descriptorOf(registry, tag, { signal })) })),
  );
  const images = found.filter(({ tag }) => !REFERRERS_TAG.test(tag));
  const indexes = new Map(images.map(({ tag, is }) => [is?.digest, { tag, is }]));
  await Promise.all(
    [...indexes.values()].map(async ({ tag, is }) => {
      if (is !== undefined && (await limit(() => lists(registry, is, options)))) throw isListed(tag, digest);
    }),
  );
  return found.filter(({ is }) => is?.digest === digest).map(({ tag }) => tag);
}

async function listTags(
  registry: Registry,
  { except, allTags, signal }: TagsOptions,
): Promise<readonly string[]> {
  const tags: string[] = [];
  try {
    for await (const tag of registry.tags({ signal })) {
      if (tags.length >= MAX_TAGS && allTags === true) break;
      if (tags.length >= MAX_TAGS) throw tooMany();
      if (tag !== except) tags.push(tag);
    }
  } catch (error) {
    // Some know no repository without a tag (distribution), although it has manifests.
    if (!hasCode(error, 'NOT_FOUND')) throw error;
  }
  return tags;
}

async function descriptorOf(
  registry: Registry,
  tag: string,
  options: CallOptions,
): Promise<Descriptor | undefined> {
  try {
    return await currentIn(registry)(tag, options);
  } catch (error) {
    // What a server lists need not be a tag, nor what a tag stands for a manifest that we read.
    if (hasCode(error, 'INVALID_REFERENCE', 'UNSUPPORTED', 'INVALID_MANIFEST')) return undefined;
    throw error;
  }
}

/** Whether `found` is an index that can be read and lists the digest. */
async function lists(
  registry: Registry,
  found: Descriptor,
  { digest, signal }: TagsOptions,
): Promise<boolean> {
  if (!isIndexType(found.mediaType) || found.digest === digest) return false;
  try {
    const index = await readManifest(registry, found, { signal });
    return index.kind === 'index' && index.manifests.some((entry) => entry.digest === digest);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND', 'INVALID_MANIFEST', 'UNSUPPORTED', 'TOO_LARGE')) return false;
    throw error;
  }
}

function isListed(tag: string, digest: Digest): RegError {
  const message = `the index ${cleanText(tag)} lists ${shortDigest(digest)}, and would be broken without it`;
  return new RegError('UNSUPPORTED', message, {
    hint: 'Delete that first, or take it out with "reg index remove".',
  });
}

function tooMany(): RegError {
  const message = `the repository has more than ${MAX_TAGS} tags, too many to find those that would go, too`;
  return new RegError('TOO_LARGE', message, { hint: 'Delete it with all its tags by --all-tags.' });
}
