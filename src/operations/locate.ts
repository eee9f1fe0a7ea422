/** Finds an image where it is looked at: at its registry, or in the local store. */

import type { ResolveOptions, Source } from '../content/types.js';
import type { Layout } from '../layout/layout.js';
import type { RegistryClient } from '../registry/client.js';
import type { Descriptor } from '../spec/descriptor.js';
import type { Reference } from '../spec/reference.js';
import { getImage, registryName } from './image-name.js';

export type ImagePlace = RegistryClient | Layout;

export interface ImageSource {
  readonly source: Source;
  /** What the name stands for there. */
  readonly root: Descriptor;
}

/** Costs one small request at a registry. Throws NOT_FOUND, and what the place throws. */
export async function locate(
  reference: Reference,
  { place, ...options }: ResolveOptions & { readonly place: ImagePlace },
): Promise<ImageSource> {
  if ('images' in place) return { source: place, root: (await getImage(place, reference)).descriptor };
  const source = place.source(reference);
  return { source, root: await source.resolve(registryName(reference), options) };
}
