/**
 * Keeps the list of what refers to a manifest where the registry does not (distribution-spec 1.1, "Pushing Manifests
 * with Subject" and "Referrers Tag Schema"): an index under a tag that is made of the subject's digest.
 */

import { contentOf, readContent } from '../content/read.js';
import type { CallOptions, Sink, Source } from '../content/types.js';
import { hasCode, RegError } from '../errors.js';
import { describe, type Descriptor } from '../spec/descriptor.js';
import { algorithmOf, hexOf, type Digest } from '../spec/digest.js';
import { parseJsonObject } from '../spec/json.js';
import { MAX_MANIFEST_SIZE, parseManifest, type Manifest } from '../spec/manifest.js';
import { OCI_INDEX } from '../spec/media-type.js';

/** The descriptor by which a manifest is listed among the referrers of its subject. */
export function describeReferrer(descriptor: Descriptor, manifest: Manifest): Descriptor {
  const { mediaType, digest, size } = descriptor;
  const { annotations } = manifest;
  const artifactType =
    manifest.artifactType ?? (manifest.kind === 'manifest' ? manifest.config.mediaType : undefined);
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/**
 * Adds `referrer` to the list of the subject, unless it stands there. Costs two or three requests. What another client
 * adds between them is lost: the specification has no better way. Throws what the repository throws.
 */
export async function addReferrer(
  repository: Source & Sink,
  { subject, referrer }: { readonly subject: Digest; readonly referrer: Descriptor },
  { signal }: CallOptions,
): Promise<void> {
  const tag = referrersTag(subject);
  const listed = await readList(repository, tag, { signal });
  if (listed.referrers.some(({ digest }) => digest === referrer.digest)) return;
  const manifests = [...listed.raw, referrer];
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
  await repository.put(contentOf(describe(OCI_INDEX, bytes), bytes), { tag, signal });
}

/** The list of the subject, empty where nobody keeps one. Throws what the repository throws. */
export async function readReferrersTag(
  repository: Source,
  subject: Digest,
  options: CallOptions,
): Promise<readonly Descriptor[]> {
  return (await readList(repository, referrersTag(subject), options)).referrers;
}

/** The algorithm cut to 32 characters, the digits to 64. */
function referrersTag(subject: Digest): string {
  return `${algorithmOf(subject)}-${hexOf(subject).slice(0, 64)}`;
}

async function readList(
  source: Source,
  tag: string,
  { signal }: CallOptions,
): Promise<{ readonly raw: readonly unknown[]; readonly referrers: readonly Descriptor[] }> {
  try {
    const descriptor = await source.resolve(tag, { signal });
    const bytes = await readContent(source.get(descriptor), { cap: MAX_MANIFEST_SIZE, signal });
    const list = parseManifest(bytes, descriptor.mediaType, `list of referrers ${tag}`);
    if (list.kind !== 'index')
      throw new RegError('INVALID_MANIFEST', `the tag ${tag} is no list of referrers`);
    const { manifests } = parseJsonObject(bytes, { what: tag });
    const raw: readonly unknown[] = Array.isArray(manifests) ? manifests : [];
    return { raw, referrers: list.manifests };
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return { raw: [], referrers: [] };
    throw error;
  }
}
