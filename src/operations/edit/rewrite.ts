/**
 * The walk that changes an image, or the images of an index, and what leads to them:
 *
 *     index ──▶ manifest ──▶ config          a changed config makes another manifest, that another index;
 *        └────▶ attestation of it            what was attested of the old one is not said of the new one
 *
 * Only documents are read and made; layers are never touched.
 */

import { createLimit, type Limit } from '../../content/limit.js';
import type { CallOptions, Content, Source } from '../../content/types.js';
import { RegError } from '../../errors.js';
import { isAbout, isAttestation } from '../../spec/attestation.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { JsonObject } from '../../spec/json.js';
import type { ImageIndex, ImageManifest } from '../../spec/manifest.js';
import { isManifestType } from '../../spec/media-type.js';
import { choosePlatform } from '../../spec/platform-choice.js';
import type { Platform } from '../../spec/platform.js';
import { listIn, manifestContent, pointedTo, readManifestDocument } from './document.js';

/** Deepest index in an index that is followed; real ones have 1 or 2 levels. */
const MAX_DEPTH = 10;
/** Images that are read at once. */
const CONCURRENCY = 4;

/** One image, to be changed. */
export interface ImageToChange extends CallOptions {
  readonly source: Source;
  readonly manifest: ImageManifest;
  /** The same as it stands. */
  readonly json: JsonObject;
  /** What the index says that it is for. */
  readonly platform?: Platform | undefined;
}

/** What becomes of an image: its manifest, and whatever is new besides. */
export interface ChangedImage {
  readonly json: JsonObject;
  readonly contents: readonly Content[];
}

/** Undefined where it does not concern this image. */
export type ChangeImage = (image: ImageToChange) => Promise<ChangedImage | undefined>;

export interface Change {
  /** For each image, or each of the platforms. */
  readonly image?: ChangeImage | undefined;
  /** For the index that `root` is. */
  readonly index?: ((json: JsonObject) => JsonObject) | undefined;
  /** Which images of an index to change; default: all. */
  readonly platforms?: readonly Platform[] | undefined;
}

export interface Rewritten {
  readonly root: Descriptor;
  readonly contents: readonly Content[];
  /** How many images the change was for. */
  readonly images: number;
  /** How many attestations were left out because what they are about has changed. */
  readonly attestations: number;
}

interface Graph extends CallOptions {
  readonly source: Source;
  readonly root: Descriptor;
}

/** Throws PLATFORM_NOT_FOUND, INVALID_MANIFEST, and what the source and the change throw. */
export function rewrite({ source, root, signal }: Graph, change: Change): Promise<Rewritten> {
  const walk: Walk = { source, signal, change, limit: createLimit(CONCURRENCY) };
  return rewriteNode(walk, root, 0);
}

interface Walk extends CallOptions {
  readonly source: Source;
  readonly change: Change;
  readonly limit: Limit;
}

async function rewriteNode(walk: Walk, root: Descriptor, depth: number): Promise<Rewritten> {
  if (depth > MAX_DEPTH)
    throw new RegError('INVALID_MANIFEST', `the image is nested more than ${MAX_DEPTH} levels deep`);
  const { manifest, json } = await walk.limit(() => readManifestDocument(walk.source, root, walk));
  return manifest.kind === 'index'
    ? rewriteIndex(walk, { root, manifest, json }, depth)
    : walk.limit(() => rewriteImage(walk, { root, manifest, json }));
}

async function rewriteImage(
  { change, source, signal }: Walk,
  { root, manifest, json }: Document<ImageManifest>,
): Promise<Rewritten> {
  const changed = await change.image?.({ source, manifest, json, platform: root.platform, signal });
  if (changed === undefined) return unchanged(root);
  return { ...remade(root, json, changed), images: 1, attestations: 0 };
}

interface Document<Kind> {
  readonly root: Descriptor;
  readonly manifest: Kind;
  readonly json: JsonObject;
}

async function rewriteIndex(
  walk: Walk,
  { root, manifest: index, json }: Document<ImageIndex>,
  depth: number,
): Promise<Rewritten> {
  const { image, platforms } = walk.change;
  const wanted = image === undefined ? new Set() : wantedIn(index, platforms);
  const below = { ...walk, change: { image } };
  const raws = listIn(json['manifests']);
  const nodes = await Promise.all(
    index.manifests.map(async (entry, at) => ({
      entry,
      raw: raws[at],
      node: wanted.has(entry) ? await rewriteNode(below, entry, depth + 1) : unchanged(entry),
    })),
  );
  const changed = new Set(nodes.filter(hasChanged).map(({ entry }) => entry.digest));
  // An image may stand there for several platforms.
  for (const { node } of nodes) changed.delete(node.root.digest);
  const kept = nodes.filter(({ entry }) => !isAbout(entry, changed));
  const manifests = kept.map((one) => (hasChanged(one) ? pointedTo(one.raw, one.node.root) : one.raw));
  const next = nodes.some(hasChanged) ? { ...json, manifests } : json;
  const sum = (key: 'images' | 'attestations'): number =>
    nodes.reduce((total, { node }) => total + node[key], 0);
  return {
    ...remade(root, json, {
      json: walk.change.index?.(next) ?? next,
      contents: nodes.flatMap(({ node }) => node.contents),
    }),
    images: sum('images'),
    attestations: sum('attestations') + nodes.length - kept.length,
  };
}

function hasChanged({ entry, node }: { readonly entry: Descriptor; readonly node: Rewritten }): boolean {
  return entry.digest !== node.root.digest;
}

function wantedIn({ manifests }: ImageIndex, platforms: readonly Platform[] = []): ReadonlySet<Descriptor> {
  const images = manifests.filter((entry) => isManifestType(entry.mediaType) && !isAttestation(entry));
  return new Set(platforms.length === 0 ? images : platforms.map((one) => choosePlatform(manifests, one)));
}

function unchanged(root: Descriptor): Rewritten {
  return { root, contents: [], images: 0, attestations: 0 };
}

/** What has not changed keeps its bytes, and so its digest. */
function remade(
  root: Descriptor,
  before: JsonObject,
  { json, contents }: ChangedImage,
): Pick<Rewritten, 'root' | 'contents'> {
  if (JSON.stringify(json) === JSON.stringify(before)) return { root, contents: [] };
  const content = manifestContent(root.mediaType, json);
  return { root: content.descriptor, contents: [...contents, content] };
}
