/** The image at a registry that artifacts are about. */

import type { Registry } from '../../registry/registry.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Platform } from '../../spec/platform.js';
import { registryName } from '../image-name.js';
import { warnOfOtherPlatform } from '../other-platform.js';
import type { Ends } from '../places/open-source.js';
import { parsePlace, placeName, wrongPlace, type NamedPlace } from '../places/place.js';
import { selectPlatforms } from '../transfer/platforms.js';

export interface SubjectOptions extends Pick<Ends, 'client' | 'onNotice' | 'signal'> {
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
  { client, about, onNotice, signal }: SubjectOptions,
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
  await warnOfOtherPlatform(
    { source: repository, root },
    { name: placeName(place), platforms: [about], onNotice, signal },
  );
  const { mediaType, digest, size } = root;
  return { place, repository, root: { mediaType, digest, size } };
}
