/** Opens the places that images come from. */

import { formatReference } from '../../spec/reference.js';
import { getImage, registryName, storeName } from '../image-name.js';
import type { Ends, FoundImage, ListReferrers, OpenSource } from './open-source.js';
import { parsePlace, wrongPlace, type NamedPlace, type Place } from './place.js';

/** Opens a place to read from. Throws what it takes to reach it: see the kinds of places. */
export async function openSource(place: Place, ends: Ends): Promise<OpenSource> {
  if (place.kind === 'registry') return openRegistry(place, ends);
  if (place.kind === 'store') return openStore(place, ends);
  // Most of what is looked at is at a registry: tars and engines are read by code that need not be loaded for that.
  const { openEngine, openFolder, openTar } = await import('./file-source.js');
  if ('reference' in place) return openEngine(place, ends);
  return place.kind === 'layout' ? openFolder(place) : openTar(place, ends);
}

/** An image that was found, and how to give up its place. */
export interface OpenPlace extends FoundImage, Pick<OpenSource, 'source' | 'close'> {}

/**
 * Finds the image that `text` names. What is in an archive is told by looking inside, so `oci-archive:` and
 * `docker-archive:` read either kind. Throws as `parsePlace` and `OpenSource.image`, and what the place throws.
 */
export async function openPlace(text: string, ends: Ends = {}): Promise<OpenPlace> {
  const opened = await openSource(await parsePlace(text), ends);
  try {
    return { ...(await opened.image()), source: opened.source, close: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

const noClose = async (): Promise<void> => {};

function openRegistry(place: NamedPlace, { client, isDirect = false, signal }: Ends): OpenSource {
  const { reference, text } = place;
  if (client === undefined) throw wrongPlace(text, 'there is no client for registries');
  const itself = client.repository(reference.domain, reference.path);
  const source = isDirect ? itself : client.source(reference);
  const image: OpenSource['image'] = async (options) => ({
    root: await source.resolve(registryName(reference), { ...options, signal }),
    name: formatReference(reference),
  });
  // Mirrors are asked for bytes, never for this: what they know of it may be old.
  const referrers: ListReferrers = (subject, options) => itself.referrers(subject, options);
  return { place, source, image, images: async () => [await image()], referrers, close: noClose };
}

function openStore(place: NamedPlace, { store }: Ends): OpenSource {
  const { reference, text } = place;
  if (store === undefined) throw wrongPlace(text, 'there is no local store');
  const image = async (): Promise<FoundImage> => ({
    root: (await getImage(store, reference)).descriptor,
    name: storeName(reference),
  });
  return { place, source: store, image, images: async () => [await image()], close: noClose };
}
