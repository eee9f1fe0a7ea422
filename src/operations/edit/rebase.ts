/**
 * `reg rebase`: an image on another base.
 *
 *     old base │ the image's own        layers that are compared, then left out
 *     new base │ the image's own        layers that are put in their place
 *
 * What it runs stays as it is; what it runs on is told by the new base (crane, cmd/crane/rebase.md).
 */

import { hasCode, RegError } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { shortDigest } from '../../spec/digest.js';
import { platformIn } from '../../spec/image-config.js';
import type { JsonObject } from '../../spec/json.js';
import { layerTypeIn } from '../../spec/layer-type.js';
import type { ImageManifest } from '../../spec/manifest.js';
import { isOciType } from '../../spec/media-type.js';
import { formatReference, parseReference, type Reference } from '../../spec/reference.js';
import { quoteText } from '../../spec/text.js';
import { parsePlace } from '../places/place.js';
import { Bases, type Base } from './bases.js';
import { annotate, type AnnotationEdits } from './annotations.js';
import { changeImage, type EditOptions, type EditResult } from './change-image.js';
import { readConfig, withConfig } from './config.js';
import { objectIn } from './document.js';
import { above, layersOf, stacked, withLayers, type Layers } from './layers.js';
import { rewrite, type ChangedImage, type ImageToChange } from './rewrite.js';

/** Image-spec 1.1, annotations.md: the base by its name, and the very image that it was. */
const BASE_NAME = 'org.opencontainers.image.base.name';
const BASE_DIGEST = 'org.opencontainers.image.base.digest';

/** What a config says of the machine. */
const PLATFORM_KEYS = ['architecture', 'os', 'os.version', 'os.features', 'variant'];

export interface RebaseOptions extends EditOptions {
  /** A place; default: what the image's annotations say that it was made from. */
  readonly oldBase?: string | undefined;
  /** A place; default: what the name of the old base stands for now, by the same annotations. */
  readonly newBase?: string | undefined;
}

/**
 * Puts a new base under an image, or under each image of an index. What it runs, variables included, stays the image's own.
 * Throws INVALID_ARGUMENT where the old base's layers are not its lowest, or nobody knows the base, and as `changeImage`.
 */
export async function rebaseImage(
  image: string,
  { oldBase, newBase, ...options }: RebaseOptions,
): Promise<EditResult> {
  const bases = new Bases(options);
  const rebaseOne = async (one: ImageToChange): Promise<ChangedImage | undefined> => {
    const config = await readConfig(one);
    if (config === undefined) return undefined;
    const hints = await hintsIn(one.manifest);
    const platform = platformIn(config);
    return rebase(one, config, {
      from: await bases.find(oldBase ?? hints.was, platform),
      to: await bases.find(newBase ?? hints.is, platform),
    });
  };
  try {
    return await changeImage(image, (found) => rewrite(found, { ...found, image: rebaseOne }), options);
  } finally {
    await bases.close();
  }
}

/**
 * What the annotations say of the base: the reference that it was, and the one that it may be now. Both are images of
 * registries: what somebody wrote into an image is not to choose a file or a store of this machine.
 */
async function hintsIn({
  annotations = {},
}: ImageManifest): Promise<{ readonly was?: string; readonly is?: string }> {
  const name = await parseHint(annotations[BASE_NAME] ?? '');
  if (name === undefined) return {};
  const { domain, path } = name;
  const is = formatReference(name);
  const digest = annotations[BASE_DIGEST];
  return digest === undefined ? { is } : { is, was: `${formatReference({ domain, path })}@${digest}` };
}

async function parseHint(text: string): Promise<Reference | undefined> {
  try {
    const name = parseReference(text);
    // A host may be called "store".
    return (await parsePlace(formatReference(name))).kind === 'registry' ? name : undefined;
  } catch (error) {
    if (hasCode(error, 'INVALID_REFERENCE')) return undefined;
    throw error;
  }
}

function rebase(
  image: ImageToChange,
  config: JsonObject,
  { from, to }: { readonly from: Base; readonly to: Base },
): ChangedImage {
  const { mediaType } = image.manifest;
  const all = layersOf(image.json, config);
  const old = layersOf(from.json, from.config);
  requireBase(image.manifest, all, from);
  const own = above(all, old.layers.length, old.history?.length);
  const lower = layersOf(to.json, to.config);
  const layers = lower.layers.map((raw, at) => inFormatOf(mediaType, raw, to.manifest.layers[at]));
  const next = stacked({ ...lower, layers }, own);
  const changed = withConfig(image, withLayers(withPlatformOf(to.config, config, next), next));
  const json = { ...changed.json, layers: next.layers };
  return {
    json: isOciType(mediaType) ? annotate(json, basedOn(to)) : json,
    contents: [...changed.contents, ...to.manifest.layers.map((layer) => to.source.get(layer))],
  };
}

/** The old base may have been compressed anew: then the layers have other digests, and the same content. */
function requireBase({ layers }: ImageManifest, all: Layers, base: Base): void {
  const old = layersOf(base.json, base.config);
  const wrong = base.manifest.layers.findIndex(
    ({ digest }, at) => layers[at]?.digest !== digest && all.diffIds[at] !== old.diffIds[at],
  );
  if (wrong < 0) return;
  const [theirs, ours] = [base.manifest.layers[wrong], layers[wrong]];
  const said =
    ours === undefined ? 'the image has no more' : `that of the image is ${shortDigest(ours.digest)}`;
  const layer = theirs === undefined ? '' : shortDigest(theirs.digest);
  const message = `it is not based on ${quoteText(base.text)}: layer ${wrong + 1} of that is ${layer}, ${said}`;
  throw new RegError('INVALID_ARGUMENT', message, {
    hint: 'Name the base that it was made from with --old-base.',
  });
}

/** A layer of the base, as a manifest of `manifestType` names its type. */
function inFormatOf(manifestType: string, raw: unknown, layer: Descriptor | undefined): unknown {
  return layer === undefined
    ? raw
    : { ...objectIn(raw), mediaType: layerTypeIn(manifestType, layer.mediaType) };
}

/** `config`, for the machine that `base` is for, and without a history that would not fit. */
function withPlatformOf(base: JsonObject, config: JsonObject, { history }: Layers): JsonObject {
  const next = new Map(Object.entries(config));
  for (const key of PLATFORM_KEYS) {
    if (base[key] === undefined) next.delete(key);
    else next.set(key, base[key]);
  }
  if (history === undefined) next.delete('history');
  return Object.fromEntries(next);
}

function basedOn({ name, root }: Base): AnnotationEdits {
  const digest = { [BASE_DIGEST]: root.digest };
  return name === undefined
    ? { set: digest, remove: [BASE_NAME] }
    : { set: { [BASE_NAME]: name, ...digest } };
}
