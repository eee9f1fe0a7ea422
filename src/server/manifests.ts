/** Manifests under tags and digests (distribution-spec 1.1, "Pulling manifests", "Pushing Manifests"). */

import { contentOf } from '../content/read.js';
import { hasCode } from '../errors.js';
import type { Layout } from '../layout/layout.js';
import { describe, type Descriptor } from '../spec/descriptor.js';
import { algorithmOf, isDigest, parseDigest, shortDigest, type Digest } from '../spec/digest.js';
import { MAX_MANIFEST_SIZE, parseManifest, sniffMediaType } from '../spec/manifest.js';
import { bareMediaType } from '../spec/media-type.js';
import { quoteText } from '../spec/text.js';
import { contentHeaders, isKnownToClient, readBody, type Call } from './call.js';
import { refuse } from './errors.js';
import type { Reply } from './reply.js';
import { isTag } from './router.js';

/** `GET` and `HEAD /v2/NAME/manifests/TAG-OR-DIGEST`. */
export async function getManifest(call: Call): Promise<Reply> {
  const { repository, store } = call;
  const descriptor = await repository.find(checkReference(call));
  if (descriptor === undefined) return unknownManifest(call);
  const headers = contentHeaders(descriptor);
  if (isKnownToClient(call, descriptor)) return { status: 304, headers };
  return {
    status: 200,
    headers,
    body: { length: descriptor.size, open: () => store.get(descriptor).open() },
  };
}

/** `PUT /v2/NAME/manifests/TAG-OR-DIGEST`, under a digest also with `?tag=…&tag=…`. */
export async function putManifest(call: Call): Promise<Reply> {
  const { repository, store, query, headers } = call;
  const reference = checkReference(call);
  const tags = isDigest(reference) ? query.getAll('tag') : [reference];
  const wrong = tags.find((tag) => !isTag(tag));
  if (wrong !== undefined) return refuse('MANIFEST_INVALID', `${quoteText(wrong, 140)} is not a tag`);
  const bytes = await readBody(call, MAX_MANIFEST_SIZE);
  const mediaType = bareMediaType(headers['content-type'] ?? '') || sniffMediaType(bytes);
  const manifest = parseManifest(bytes, mediaType);
  const descriptor = describe(mediaType, bytes, isDigest(reference) ? algorithmOf(reference) : 'sha256');
  const { digest } = descriptor;
  if (isDigest(reference) && reference !== digest) {
    return refuse('DIGEST_INVALID', `the manifest hashes to ${digest}`);
  }
  for (const tag of tags.length > 0 ? tags : [digest]) {
    await store.put(contentOf(descriptor, bytes), { tag: repository.nameOf(tag) });
  }
  if (manifest.kind === 'index') await forgetParts(call, descriptor);
  return {
    status: 201,
    headers: {
      location: `/v2/${repository.name}/manifests/${digest}`,
      'docker-content-digest': digest,
      ...(manifest.subject === undefined ? {} : { 'oci-subject': manifest.subject.digest }),
      ...(isDigest(reference) && tags.length > 0 ? { 'oci-tag': tags.join(', ') } : {}),
    },
  };
}

/**
 * `DELETE /v2/NAME/manifests/TAG-OR-DIGEST`. A tag loses its name; a digest loses every name that it has in this
 * repository, and its bytes when no other repository has it. The rest is freed when the store is pruned.
 */
export async function deleteManifest(call: Call): Promise<Reply> {
  const { repository, store, graph } = call;
  const reference = checkReference(call);
  if ((await repository.find(reference)) === undefined) return unknownManifest(call);
  if (!isDigest(reference)) {
    await repository.forget(({ name }) => name === repository.nameOf(reference));
    return { status: 202 };
  }
  const images = await repository.images();
  const others = images.filter(({ descriptor }) => descriptor.digest !== reference);
  if ((await graph.find(others, reference)) !== undefined) {
    return refuse('UNSUPPORTED', `${shortDigest(reference)} is part of an index; delete that first`);
  }
  await repository.forget(({ descriptor }) => descriptor.digest === reference);
  await discardUnneeded(store, reference);
  return { status: 202 };
}

async function discardUnneeded(store: Layout, digest: Digest): Promise<void> {
  try {
    await store.discard(digest);
  } catch (error) {
    // Another repository has it, too.
    if (!hasCode(error, 'UNSUPPORTED')) throw error;
  }
}

/**
 * Removes the names of manifests that were pushed by digest to become parts of the index `root`: from now on the
 * index keeps them, and they go with it.
 */
async function forgetParts({ repository, graph }: Call, root: Descriptor): Promise<void> {
  const parts = new Set<string>();
  for await (const { digest } of graph.manifests([{ descriptor: root }])) {
    if (digest !== root.digest) parts.add(repository.nameOf(digest));
  }
  await repository.forget(({ name }) => parts.has(name));
}

/** The reference of the path. Throws INVALID_DIGEST for what can only be a digest and is none. */
export function checkReference({ reference }: Pick<Call, 'reference'>): string {
  return reference.includes(':') ? parseDigest(reference) : reference;
}

async function unknownManifest({ repository, reference }: Call): Promise<Reply> {
  const { name } = repository;
  const images = await repository.images();
  return images.length === 0
    ? refuse('NAME_UNKNOWN', `there is no repository ${name}`)
    : refuse('MANIFEST_UNKNOWN', `${name} has no manifest ${quoteText(reference, 140)}`);
}
