/** Takes tags and manifests away (distribution-spec 1.1, "Content Management"). */

import type { CallOptions } from '../../content/types.js';
import { hasCode, RegError } from '../../errors.js';
import { digestOf, isDigest } from '../../spec/digest.js';
import { checkedName } from './wire.js';
import { manifestTarget, type Repository } from '../repository.js';
import type { Answer, Scope } from '../transport.js';

/**
 * What registries without tag deletion answer when they are asked for it: 405 as the specification says, 400 with
 * DIGEST_INVALID distribution 2.8, for which only a digest is a name, and 404 others that find no such digest.
 */
const NO_TAG_DELETION: ReadonlySet<number> = new Set([400, 404, 405, 501]);

/**
 * Deletes a tag, or a manifest by its digest, which takes its tags with it. False where the registry deletes no single tags,
 * or has no such tag; nothing is done then. A manifest that is not there is deleted. Throws UNSUPPORTED where nothing can be
 * deleted, DENIED, and what the transport throws.
 */
export async function deleteManifest(
  repository: Repository,
  name: string,
  options: CallOptions,
): Promise<boolean> {
  const accepted = [200, 202, 204];
  const others = isDigest(name) ? [404] : NO_TAG_DELETION;
  const answer = await askToDelete(repository, name, { ...options, expect: [...accepted, ...others] });
  return isDigest(name) || accepted.includes(answer.status);
}

/**
 * Throws UNSUPPORTED where the registry deletes nothing at all: asked for what nobody has it says so, and nothing is lost
 * where it would delete.
 */
export async function requireDeletion(repository: Repository, options: CallOptions): Promise<void> {
  // No manifest has it: none is empty.
  const nothing = digestOf(new Uint8Array());
  await askToDelete(repository, nothing, { ...options, expect: [200, 202, 204, 400, 404] });
}

async function askToDelete(
  repository: Repository,
  name: string,
  { expect, signal }: CallOptions & { readonly expect: readonly number[] },
): Promise<Answer> {
  try {
    const answer = await repository.transport.send({
      method: 'DELETE',
      target: manifestTarget(repository, checkedName(name)),
      scopes: deleteScopes(repository),
      expect,
      signal,
    });
    await answer.discard();
    return answer;
  } catch (error) {
    if (!hasCode(error, 'UNSUPPORTED')) throw error;
    throw new RegError('UNSUPPORTED', `${repository.host} deletes nothing (${error.message})`, {
      ...error.context,
      hint: 'Whoever runs it can allow that: distribution with REGISTRY_STORAGE_DELETE_ENABLED=true.',
      cause: error,
    });
  }
}

/** Distribution wants "delete" and Quay refuses that word: "*" is what both take (containers/image, docker_image_dest). */
function deleteScopes({ path }: Repository): readonly Scope[] {
  return [{ repository: path, actions: ['*'] }];
}
