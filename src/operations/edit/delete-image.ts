/**
 * `reg delete`: tags and manifests at their registries.
 *
 *     plan (what each stands for) ─▶ the person agrees ─▶ tag alone, else by digest ─▶ looked at again
 */

import { readManifest } from '../../content/read.js';
import type { CallOptions } from '../../content/types.js';
import { hasCode, RegError } from '../../errors.js';
import type { Registry } from '../../registry/registry.js';
import { shortDigest, type Digest } from '../../spec/digest.js';
import type { Reference } from '../../spec/reference.js';
import { cleanText, listTexts } from '../../spec/text.js';
import { currentIn } from '../transfer/guarded.js';
import { tagsOf } from './manifest-tags.js';
import {
  cannotDelete,
  describeDeletion,
  type DeletedImage,
  type DeleteOptions,
  type Deletion,
} from './plan-deletion.js';

/** Most tags that an error names. */
const MAX_LISTED = 10;

/**
 * Does what was planned, if all is as it was then, and looks whether it is done. Throws TAG_EXISTS, UNSUPPORTED where the
 * registry deletes nothing or would delete other tags, DENIED, and what the registry throws.
 */
export async function deleteImage(deletion: Deletion, options: DeleteOptions): Promise<DeletedImage> {
  const { domain, path } = deletion.reference;
  const registry = options.client.repository(domain, path);
  return deleteIn(registry, deletion, options).catch(cannotDelete(deletion.reference));
}

async function deleteIn(
  registry: Registry,
  deletion: Deletion,
  options: DeleteOptions,
): Promise<DeletedImage> {
  const { reference, digest } = deletion;
  const { tag } = reference;
  if (tag !== undefined) await requireUnmoved(registry, { tag, digest }, options);
  if (tag === undefined || deletion.otherTags !== undefined) {
    await requireNoNewTags(registry, deletion, options);
    return deleteWhole(registry, deletion, options);
  }
  if (!(await registry.delete(tag, options))) return deleteOnlyTag(registry, deletion, options);
  const left = await currentIn(registry)(tag, options);
  if (left?.digest === digest) throw stillThere(reference);
  return describeDeletion(deletion);
}

/** Where only manifests can be deleted, that is the same as long as no other tag stands for it. */
async function deleteOnlyTag(
  registry: Registry,
  deletion: Deletion,
  options: DeleteOptions,
): Promise<DeletedImage> {
  const { reference, digest } = deletion;
  // Somebody else may have been quicker.
  const { tag = digest } = reference;
  if (!(await requireUnmoved(registry, { tag, digest }, options))) return describeDeletion(deletion);
  const otherTags = await tagsOf(registry, { ...options, digest, except: reference.tag });
  if (otherTags.length === 0) return deleteWhole(registry, { ...deletion, otherTags }, options);
  await registry.requireDeletion(options);
  throw takesOthers(`${reference.domain} deletes by digest only`, { digest, otherTags });
}

/** Whether the tag is there. Throws TAG_EXISTS where it stands for something else. */
async function requireUnmoved(
  registry: Registry,
  { tag, digest }: { readonly tag: string; readonly digest: Digest },
  options: CallOptions,
): Promise<boolean> {
  const current = await currentIn(registry)(tag, options);
  if (current !== undefined && current.digest !== digest) throw movedMeanwhile(tag);
  return current !== undefined;
}

/** Nobody agreed to lose what was given the manifest since. Throws TAG_EXISTS. */
async function requireNoNewTags(
  registry: Registry,
  { reference, digest, otherTags = [] }: Deletion,
  options: DeleteOptions,
): Promise<void> {
  const tags = await tagsOf(registry, { ...options, digest, except: reference.tag });
  const added = tags.filter((tag) => !otherTags.includes(tag));
  if (added.length > 0) throw movedMeanwhile(...added);
}

async function deleteWhole(
  registry: Registry,
  deletion: Deletion,
  options: DeleteOptions,
): Promise<DeletedImage> {
  const { digest, reference, otherTags = [] } = deletion;
  if (otherTags.length > 0 && options.allTags !== true)
    throw takesOthers('a manifest goes with its tags', { digest, otherTags });
  const subject = await subjectOf(registry, digest, options);
  await registry.delete(digest, options);
  if ((await currentIn(registry)(digest, options)) !== undefined) throw stillThere(reference);
  if (subject !== undefined) await registry.unlistReferrer(digest, { ...options, subject });
  return describeDeletion({ ...deletion, otherTags });
}

/** What a signature or an SBOM is about: clients keep a list of those, which it has to be taken off. */
async function subjectOf(
  registry: Registry,
  digest: Digest,
  { signal }: CallOptions,
): Promise<Digest | undefined> {
  try {
    const descriptor = await registry.resolve(digest, { toRead: true, signal });
    return (await readManifest(registry, descriptor, { signal })).subject?.digest;
  } catch (error) {
    // What can't be read can be deleted all the same, and what is gone by now is deleted.
    if (hasCode(error, 'INVALID_MANIFEST', 'UNSUPPORTED', 'TOO_LARGE', 'DIGEST_MISMATCH', 'NOT_FOUND'))
      return undefined;
    throw error;
  }
}

function takesOthers(
  reason: string,
  { digest, otherTags }: { readonly digest: Digest; readonly otherTags: readonly string[] },
): RegError {
  const shown = otherTags.map((tag) => cleanText(tag));
  const message = `${reason}, and ${listTexts(shown, MAX_LISTED)} stand for ${shortDigest(digest)}, too`;
  return new RegError('UNSUPPORTED', message, { hint: 'Delete them all with --all-tags.' });
}

function movedMeanwhile(...tags: readonly string[]): RegError {
  const moved = tags.map((tag) => cleanText(tag));
  const message = `${listTexts(moved, MAX_LISTED)} ${moved.length === 1 ? 'was' : 'were'} moved by somebody else meanwhile`;
  return new RegError('TAG_EXISTS', message);
}

function stillThere({ domain }: Reference): RegError {
  const message = `${domain} says that it is deleted, but it is still there`;
  return new RegError('PROTOCOL_ERROR', message, {
    hint: 'Check again later: some registries are slow to show it.',
  });
}
