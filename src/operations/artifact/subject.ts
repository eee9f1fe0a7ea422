/** The image at a registry that artifacts are about. */

import type { CallOptions } from '../../content/types.js';
import type { RegistryClient } from '../../registry/client.js';
import type { Registry } from '../../registry/registry.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Platform } from '../../spec/platform.js';
import { registryName } from '../image-name.js';
import { parsePlace, wrongPlace, type NamedPlace } from '../places/place.js';
import { selectPlatforms } from '../transfer/platforms.js';

export interface SubjectOptions extends CallOptions {
  readonly client?: RegistryClient | undefined;
  /** Image of an index that is meant; default: the index. */
  readonly about?: Platform | undefined;
}

export interface Subject {
  readonly place: NamedPlace;
  /** Never a mirror: what those know may be old. */
  readonly repository: Registry;
  readonly root: Descriptor;
}

/** Finds the image. Throws INVALID_ARGUMENT for other places, NOT_FOUND, PLATFORM_NOT_FOUND, and what the registry throws. */
export async function findSubject(
  image: string,
  { client, about, signal }: SubjectOptions,
): Promise<Subject> {
  const place = await parsePlace(image);
  if (place.kind !== 'registry' || client === undefined)
    throw wrongPlace(image, 'artifacts are attached to images at registries only');
  const { domain, path } = place.reference;
  const repository = client.repository(domain, path);
  const index = await repository.resolve(registryName(place.reference), {
    toRead: about !== undefined,
    signal,
  });
  const platforms = about === undefined ? [] : [about];
  const { root } = await selectPlatforms({ source: repository, root: index }, { platforms, signal });
  const { mediaType, digest, size } = root;
  return { place, repository, root: { mediaType, digest, size } };
}
