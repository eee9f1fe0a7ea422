/** `reg append`: new layers upon those of an image, or upon none. */

import { RegError } from '../../errors.js';
import { cleanText } from '../../spec/text.js';
import type { JsonObject } from '../../spec/json.js';
import { OCI_CONFIG, OCI_MANIFEST } from '../../spec/media-type.js';
import type { Platform } from '../../spec/platform.js';
import { formatTimestamp } from '../dates.js';
import { thisMachine } from '../this-machine.js';
import { writeImage } from '../transfer/write-image.js';
import { changeImage, type EditOptions, type EditResult } from './change-image.js';
import { readConfig, withConfig } from './config.js';
import { jsonContent, manifestContent } from './document.js';
import { layersOf, stacked, withLayers, type Layers } from './layers.js';
import { NewLayers, type NewLayer, type NewLayersOptions } from './new-layers.js';
import { rewrite, type ChangedImage } from './rewrite.js';

export interface AppendOptions extends EditOptions, Pick<NewLayersOptions, 'isCompressed' | 'to'> {
  /** When the layers were made: all that is in a directory, default 1970; for the history, default when the image was. */
  readonly created?: Date | undefined;
}

/** What stands for no image at all, as in a Dockerfile. */
const SCRATCH = 'scratch';

/**
 * Adds a layer for each of `paths` to an image, or to each image of an index: tars, compressed or not, and directories. For
 * `scratch` an image is made of them alone, for one of `platforms` or `platform`. Throws as `changeImage`, and what
 * making layers throws.
 */
export async function appendLayers(
  image: string,
  paths: readonly string[],
  options: AppendOptions,
): Promise<EditResult> {
  const made = new NewLayers({ ...options, isFirst: image === SCRATCH });
  try {
    const layers: NewLayer[] = [];
    for (const path of paths) layers.push(await made.add(path));
    if (image === SCRATCH) return await makeImage(layers, options);
    return await changeImage(
      image,
      (found) =>
        rewrite(found, {
          ...found,
          image: async (one) => {
            const config = await readConfig(one);
            return config && append({ ...one, config }, layers, options);
          },
        }),
      options,
    );
  } finally {
    await made.close();
  }
}

interface Image {
  readonly manifest: { readonly mediaType: string; readonly config: { readonly mediaType: string } };
  readonly json: JsonObject;
  readonly config: JsonObject;
}

function append(
  { manifest, json, config }: Image,
  layers: readonly NewLayer[],
  { created }: AppendOptions,
): ChangedImage {
  const contents = layers.map((layer) => layer.contentIn(manifest.mediaType));
  const upper: Layers = {
    layers: contents.map(({ descriptor }) => descriptor),
    diffIds: layers.map(({ diffId }) => diffId),
    history: layers.map((layer) =>
      step(layer, created === undefined ? config['created'] : formatTimestamp(created)),
    ),
  };
  const next = stacked(layersOf(json, config), upper);
  const changed = withConfig({ manifest, json }, withLayers(config, next));
  return { json: { ...changed.json, layers: next.layers }, contents: [...changed.contents, ...contents] };
}

/** Image-spec 1.1, config.md, "history". */
function step({ name }: NewLayer, created: unknown): JsonObject {
  return { ...(typeof created === 'string' && { created }), created_by: `reg append ${cleanText(name)}` };
}

async function makeImage(layers: readonly NewLayer[], options: AppendOptions): Promise<EditResult> {
  const { output, platforms = [], platform = thisMachine() } = options;
  const [wanted = platform, ...more] = platforms;
  if (output === undefined || more.length > 0) {
    const what =
      output === undefined ? 'the image needs a place to go to' : 'one image is made, for one platform';
    throw new RegError('INVALID_ARGUMENT', what, { hint: 'Use --output, and one --platform.' });
  }
  const config = emptyConfig(wanted, options);
  const manifest = { mediaType: OCI_MANIFEST, config: { mediaType: OCI_CONFIG } };
  const { descriptor } = jsonContent(OCI_CONFIG, config);
  const { json, contents } = append(
    { manifest, json: { config: descriptor, layers: [] }, config },
    layers,
    options,
  );
  const root = manifestContent(OCI_MANIFEST, json);
  const written = await writeImage({ root: root.descriptor, contents: [...contents, root] }, output, options);
  return { source: SCRATCH, ...written, images: 1, attestations: 0 };
}

/** As old as 1970, so that the same layers make the same image. */
function emptyConfig(platform: Platform, { created = new Date(0) }: AppendOptions): JsonObject {
  const rootfs = { type: 'layers', diff_ids: [] };
  return { created: formatTimestamp(created), ...platform, config: {}, rootfs, history: [] };
}
