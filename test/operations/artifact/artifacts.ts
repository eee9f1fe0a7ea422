/** Artifacts as others may have made them, good and bad. */

import { contentOf } from '../../../src/content/read.js';
import type { Content } from '../../../src/content/types.js';
import { writeImage } from '../../../src/operations/transfer/write-image.js';
import { CREATED } from '../../../src/spec/annotation.js';
import {
  EMPTY_BYTES,
  EMPTY_DESCRIPTOR,
  packArtifact,
  TITLE,
  type Annotations,
} from '../../../src/spec/artifact.js';
import { describe, type Descriptor } from '../../../src/spec/descriptor.js';
import type { Stage } from '../stage.js';

interface ArtifactOptions {
  readonly tag?: string;
  readonly type?: string;
  readonly created?: string;
  readonly subject?: Descriptor;
}

/** Puts an artifact of these files, by their titles, into the registry, as `files:1`. */
export function putFiles(
  stage: Pick<Stage, 'host' | 'client'>,
  files: Readonly<Record<string, string>>,
  options?: ArtifactOptions,
): Promise<Descriptor> {
  const layers = Object.entries(files).map(([title, text]) => layerOf(Buffer.from(text), { [TITLE]: title }));
  return putLayers(stage, layers, options);
}

export function layerOf(bytes: Uint8Array, annotations: Annotations): Content {
  return contentOf({ ...describe('text/plain', bytes), annotations }, bytes);
}

export async function putLayers(
  { host, client }: Pick<Stage, 'host' | 'client'>,
  layers: readonly Content[],
  { tag = '1', type = 'example/files', created = '2026-01-01T00:00:00Z', subject }: ArtifactOptions = {},
): Promise<Descriptor> {
  const { descriptor, bytes } = packArtifact({
    artifactType: type,
    layers: layers.map((layer) => layer.descriptor),
    subject,
    annotations: { [CREATED]: created },
  });
  const contents = [contentOf(descriptor, bytes), contentOf(EMPTY_DESCRIPTOR, EMPTY_BYTES), ...layers];
  await writeImage({ root: descriptor, contents }, `${host}/files:${tag}`, { client });
  return descriptor;
}
