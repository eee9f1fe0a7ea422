/** `reg edit` and `reg annotate`: what an image says of itself. */

import { isIndexType } from '../../spec/media-type.js';
import { annotate, annotateImage, requireAnnotations, type AnnotationEdits } from './annotations.js';
import { changeImage, type EditOptions, type EditResult } from './change-image.js';
import { changeConfig, editConfig, type ConfigEdits } from './config.js';
import { rewrite } from './rewrite.js';

/** Changes the config of an image, or of those of an index. Throws as `changeImage`. */
export function editImage(image: string, edits: ConfigEdits, options: EditOptions): Promise<EditResult> {
  const change = changeConfig((config) => editConfig(config, edits));
  return changeImage(image, (found) => rewrite(found, { ...found, image: change }), options);
}

export interface AnnotateOptions extends EditOptions {
  /** Annotates every image of an index, not the index itself. Default false. */
  readonly allPlatforms?: boolean | undefined;
}

/**
 * Changes the annotations of what `image` names: of an index those of the index itself, unless `platforms` or
 * `allPlatforms` say which of its images are meant. Throws as `changeImage`, and UNSUPPORTED for Docker's formats.
 */
export function annotateImages(
  image: string,
  edits: AnnotationEdits,
  { allPlatforms = false, ...options }: AnnotateOptions,
): Promise<EditResult> {
  return changeImage(
    image,
    async (found) => {
      const { mediaType } = found.root;
      const isOfIndex = isIndexType(mediaType) && !allPlatforms && found.platforms.length === 0;
      if (!isOfIndex) return rewrite(found, { ...found, image: annotateImage(edits) });
      requireAnnotations(mediaType);
      const made = await rewrite(found, { index: (json) => annotate(json, edits) });
      return { ...made, images: 1 };
    },
    options,
  );
}
