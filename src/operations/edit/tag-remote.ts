/** `reg tag --remote`: more names for what a registry holds, and no blob is moved. */

import { copy } from '../../content/copy.js';
import type { CallOptions } from '../../content/types.js';
import { explain, RegError } from '../../errors.js';
import type { RegistryClient } from '../../registry/client.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { familiarName, formatReference, type Reference } from '../../spec/reference.js';
import { quoteText } from '../../spec/text.js';
import { currentIn, requireStill, requireTag, type TagRules } from '../transfer/guarded.js';
import { parseImage, registryName } from '../image-name.js';

export interface TagRemoteOptions extends CallOptions, TagRules {
  readonly client: RegistryClient;
  /** Finds out whether the rules allow it, and does nothing. Default false. */
  readonly dryRun?: boolean | undefined;
}

export interface TaggedImage {
  /** In full. */
  readonly reference: string;
  /** In Docker's short form. */
  readonly familiar: string;
  readonly digest: Digest;
  /** What the tag stood for before; absent where it is new. */
  readonly previous?: Digest;
}

/** A tag of the same repository, with or without a colon before it. */
const TAG_ALONE = /^:?(\w[\w.-]{0,127})$/;

/**
 * Names `source` anew: `targets` are tags of its repository, or references at the same registry, where another repository
 * gets it by mounting. The bytes of the manifest stay as they are. Throws INVALID_ARGUMENT for another registry, TAG_EXISTS
 * by the rules before any tag is set, NOT_FOUND, and what the registry throws.
 */
export async function tagRemote(
  source: string,
  targets: readonly string[],
  options: TagRemoteOptions,
): Promise<readonly TaggedImage[]> {
  const from = parseImage(source);
  const names = targets.map((target) => parseTarget(target, from));
  try {
    const { client, signal, dryRun } = options;
    const registry = client.repository(from.domain, from.path);
    const root = await registry.resolve(registryName(from), { toRead: true, signal });
    const tagged = await Promise.all(names.map((name) => plan(name, root, options)));
    if (dryRun === true) return tagged;
    for (const path of new Set(names.map((name) => name.path))) {
      const tags = names.filter((name) => name.path === path).map(({ tag }) => tag);
      const target = client.repository(from.domain, path);
      const current = currentIn(target);
      if (path !== from.path) {
        await copy(registry, target, root, { signal });
        // That took its time.
        for (const tag of tags) await requireTag(tag, root, { ...options, current });
      }
      await target.tag(registry.get(root), [...new Set(tags)], { signal });
      for (const tag of tags) await requireStill(tag, root, { ...options, current });
    }
    return tagged;
  } catch (error) {
    throw explain(error, `cannot tag ${familiarName(from)}`);
  }
}

function parseTarget(text: string, from: Reference): TagName {
  const { domain, path } = from;
  const [, alone] = TAG_ALONE.exec(text) ?? [];
  const to = alone === undefined ? parseImage(text) : { domain, path, tag: alone };
  const { tag } = to;
  if (tag === undefined || ('digest' in to && to.digest !== undefined))
    throw new RegError('INVALID_ARGUMENT', `cannot tag as ${quoteText(text)}: a new name has no digest`);
  if (to.domain === domain) return { domain, path: to.path, tag };
  throw new RegError('INVALID_ARGUMENT', `cannot tag as ${quoteText(text)}: it is at another registry`, {
    hint: 'Copy it there with "reg copy".',
  });
}

interface TagName extends Reference {
  readonly tag: string;
}

async function plan(
  name: TagName,
  root: Descriptor,
  { client, noClobber, expectDigest, signal }: TagRemoteOptions,
): Promise<TaggedImage> {
  const current = currentIn(client.repository(name.domain, name.path));
  const previous = await current(name.tag, { signal });
  const rules = { noClobber, expectDigest, current: async () => previous };
  await requireTag(formatReference(name), root, rules);
  return {
    reference: formatReference(name),
    familiar: familiarName(name),
    digest: root.digest,
    ...(previous === undefined ? {} : { previous: previous.digest }),
  };
}
