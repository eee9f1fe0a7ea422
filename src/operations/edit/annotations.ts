/** Annotations of manifests and indexes (image-spec 1.1, annotations.md). */

import { RegError } from '../../errors.js';
import type { JsonObject } from '../../spec/json.js';
import { isOciType } from '../../spec/media-type.js';
import { withEntries } from './config.js';
import type { ChangeImage } from './rewrite.js';

export interface AnnotationEdits {
  readonly set?: Readonly<Record<string, string>> | undefined;
  readonly remove?: readonly string[] | undefined;
}

/** A manifest or an index with other annotations. */
export function annotate(json: JsonObject, { set, remove }: AnnotationEdits): JsonObject {
  const annotations = withEntries(json['annotations'], set, remove);
  if (annotations === undefined) return json;
  if (Object.keys(annotations).length > 0) return { ...json, annotations };
  const { annotations: _, ...rest } = json;
  return rest;
}

export function annotateImage(edits: AnnotationEdits): ChangeImage {
  return async ({ json, manifest }) => {
    requireAnnotations(manifest.mediaType);
    return { json: annotate(json, edits), contents: [] };
  };
}

/** Docker's manifests and lists have none. Throws UNSUPPORTED. */
export function requireAnnotations(mediaType: string): void {
  if (isOciType(mediaType)) return;
  throw new RegError('UNSUPPORTED', "it is in Docker's format, which has no annotations", {
    hint: 'Its config can have labels: "reg edit --label".',
  });
}
