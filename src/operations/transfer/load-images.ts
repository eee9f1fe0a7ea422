/** `reg load`: every image of an archive into the local store, under its own names. */

import { explain, RegError } from '../../errors.js';
import type { Layout } from '../../layout/layout.js';
import { quoteText } from '../../spec/text.js';
import { parseReference } from '../../spec/reference.js';
import { fullNameOf } from '../../archive/names.js';
import { copyOne, type CopyImagesOptions, type CopyResult } from './copy-images.js';
import { parsePlace, placeName, type Place } from '../places/place.js';
import type { FoundImage, OpenSource } from '../places/open-source.js';
import { openSource } from '../places/source-place.js';
import { openTarget } from './target-place.js';

/**
 * Loads the images at `source`, a layout or an archive. All names are looked at before the first is loaded. Throws
 * INVALID_ARGUMENT for an image without a name that the store can keep it under, NOT_FOUND where there is none, and what
 * the place and the store throw.
 */
export async function loadImages(
  source: string | Place,
  options: CopyImagesOptions & { readonly store: Layout },
): Promise<readonly CopyResult[]> {
  const place = typeof source === 'string' ? await parsePlace(source) : source;
  const opened = await openSource(place, options);
  try {
    const images = await opened.images();
    const named = images.map((image) => ({ image, name: storeNameOf(image) }));
    if (named.length === 0) throw new RegError('NOT_FOUND', 'it holds no image');
    const results: CopyResult[] = [];
    for (const { image, name } of named) results.push(await loadOne(opened, image, { ...options, name }));
    return results;
  } catch (error) {
    throw explain(error, `cannot load ${placeName(place)}`);
  } finally {
    await opened.close();
  }
}

async function loadOne(
  opened: OpenSource,
  image: FoundImage,
  { name, ...options }: CopyImagesOptions & { readonly name: string },
): Promise<CopyResult> {
  const place = {
    kind: 'store',
    text: `store:${name}`,
    repository: name,
    reference: parseReference(name),
  } as const;
  return copyOne(opened, image, { ...options, target: await openTarget(place, options) });
}

function storeNameOf({ root, name }: FoundImage): string {
  const full = name === undefined ? undefined : fullNameOf(name);
  if (full !== undefined) return full;
  const what =
    name === undefined ? `an image without a name, ${root.digest}` : `an image named ${quoteText(name)} only`;
  throw new RegError('INVALID_ARGUMENT', `it holds ${what}`, {
    hint: 'Give it a whole name: "reg copy oci-archive:FILE store:NAME".',
  });
}
