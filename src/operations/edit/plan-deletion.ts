/** What deleting an image would do: the person is asked, and loses no tag that was not named. */

import type { CallOptions } from '../../content/types.js';
import { explaining, RegError } from '../../errors.js';
import type { RegistryClient } from '../../registry/client.js';
import { shortDigest, type Digest } from '../../spec/digest.js';
import { DOCKER_HUB } from '../../spec/docker-hub.js';
import { familiarName, formatReference, type Reference } from '../../spec/reference.js';
import { cleanText } from '../../spec/text.js';
import { parseImage, registryName } from '../image-name.js';
import { isElsewhere, wrongPlace } from '../places/place.js';
import { tagsOf } from './manifest-tags.js';

export interface DeleteOptions extends CallOptions {
  readonly client: RegistryClient;
  /** Deletes what a tag stands for, and every tag of it with it. Default false: no other tag goes without this. */
  readonly allTags?: boolean | undefined;
}

/** What is to be deleted. */
export interface Deletion {
  readonly reference: Reference;
  /** What it stands for. */
  readonly digest: Digest;
  /** Tags of the same manifest that would go with it; undefined where only a tag is to go. */
  readonly otherTags?: readonly string[];
}

export interface DeletedImage {
  /** In full. */
  readonly reference: string;
  /** In Docker's short form. */
  readonly familiar: string;
  readonly digest: Digest;
  /** Whether only the tag is gone, or what it stood for. */
  readonly deleted: 'tag' | 'manifest';
  /** The other tags that went with it. */
  readonly otherTags: readonly string[];
}

/**
 * What deleting `image` would do; nothing is done yet. Costs one small request, and with `allTags` or by digest one more for
 * each tag of the repository and for each index. Throws INVALID_REFERENCE, INVALID_ARGUMENT for what is not at a registry,
 * NOT_FOUND, UNSUPPORTED for Docker Hub or where an index lists it, TAG_EXISTS where the tag stands for another digest than
 * named, TOO_LARGE where there are too many tags to look at, and what the registry throws.
 */
export async function planDeletion(image: string, options: DeleteOptions): Promise<Deletion> {
  refuseElsewhere(image);
  const reference = parseImage(image);
  refuseDockerHub(reference);
  return plan(reference, options).catch(cannotDelete(reference));
}

async function plan(reference: Reference, options: DeleteOptions): Promise<Deletion> {
  const { domain, path, tag, digest: wanted } = reference;
  const registry = options.client.repository(domain, path);
  const { digest } = await registry.resolve(tag ?? registryName(reference), options);
  if (wanted !== undefined && wanted !== digest) throw isAnother(digest, wanted);
  if (tag !== undefined && options.allTags !== true) return { reference, digest };
  return { reference, digest, otherTags: await tagsOf(registry, { ...options, digest, except: tag }) };
}

/** What a deletion comes to, done or not. */
export function describeDeletion({ reference, digest, otherTags }: Deletion): DeletedImage {
  const { domain, path, tag } = reference;
  const name = { domain, path, ...(tag === undefined ? { digest } : { tag }) };
  return {
    reference: formatReference(name),
    familiar: familiarName(name),
    digest,
    deleted: otherTags === undefined ? 'tag' : 'manifest',
    otherTags: (otherTags ?? []).map((other) => cleanText(other)),
  };
}

/** For what a deletion, planned or done, rejects with. */
export function cannotDelete(reference: Reference): (error: unknown) => never {
  return explaining(`cannot delete ${familiarName(reference)}`, {
    reference: formatReference(reference),
    side: 'destination',
  });
}

/** For those who would delete from the store, or a file. */
function refuseElsewhere(image: string): void {
  if (!isElsewhere(image)) return;
  throw wrongPlace(image, 'only what is at a registry is deleted', {
    hint: 'To remove an image from the local store, run "reg rmi NAME".',
  });
}

/** Its registry answers 405; what deletes there is another API, with other logins (Docker docs, "Docker Hub API"). */
function refuseDockerHub(reference: Reference): void {
  if (reference.domain !== DOCKER_HUB) return;
  throw new RegError(
    'UNSUPPORTED',
    `cannot delete ${familiarName(reference)}: Docker Hub's registry deletes nothing`,
    {
      hint: 'Delete it on hub.docker.com.',
    },
  );
}

function isAnother(digest: Digest, wanted: Digest): RegError {
  const message = `the tag stands for ${shortDigest(digest)}, not for ${shortDigest(wanted)}`;
  return new RegError('TAG_EXISTS', message);
}
