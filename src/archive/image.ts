/** The images of an archive, and which of them is meant. */

import type { CallOptions, Content, Source } from '../content/types.js';
import { RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { shortDigest, type Digest } from '../spec/digest.js';
import { isManifestType } from '../spec/media-type.js';
import { formatReference, withDefaultTag } from '../spec/reference.js';
import { cleanText, listTexts, quoteText } from '../spec/text.js';
import { FULL_NAME, REF_NAME, tryReference } from './names.js';

/** Most names that an error lists. */
const MAX_LISTED = 10;

export interface ArchiveImage {
  /** Tags or references, as the archive has them; often none. */
  readonly names: readonly string[];
  /** The root of its graph. Costs I/O: see the maker's doc. */
  root(options?: CallOptions): Promise<Descriptor>;
}

/** An entry of an index.json, with the name that it has there. */
interface IndexEntry {
  readonly name?: string | undefined;
  readonly descriptor: Descriptor;
}

/** The images that the entries of an index.json name, each once with all its names. */
export function groupByDigest(
  entries: readonly IndexEntry[],
): readonly { readonly names: readonly string[]; readonly root: Descriptor }[] {
  const images = new Map<Digest, { readonly root: Descriptor; readonly names: Set<string> }>();
  for (const { name, descriptor } of entries) {
    const { mediaType, digest, size, annotations } = descriptor;
    if (!isManifestType(mediaType)) continue;
    const image = images.get(digest) ?? { root: { mediaType, digest, size }, names: new Set() };
    images.set(digest, image);
    const best = annotations?.[FULL_NAME] ?? name ?? annotations?.[REF_NAME];
    if (best !== undefined) image.names.add(best);
  }
  return [...images.values()].map(({ root, names }) => ({ root, names: [...names] }));
}

interface Choice {
  /** Tag or reference; without it the only image is meant. */
  readonly name?: string | undefined;
  /** Where the images are, for messages: `"image.tar"`. */
  readonly what: string;
}

/**
 * The image of that name: as it stands in the archive, else as the same reference in another form (`app` for
 * `docker.io/library/app:latest`), else as the tag of one. Throws NOT_FOUND, INVALID_ARGUMENT when several are meant.
 */
export function chooseImage<Image extends Pick<ArchiveImage, 'names'>>(
  images: readonly Image[],
  { name, what }: Choice,
): Image {
  const candidates = name === undefined ? images : bestMatches(images, name);
  const [image] = candidates;
  if (image !== undefined && candidates.length === 1) return image;
  const asked = name === undefined ? '' : ` named ${quoteText(name)}`;
  if (candidates.length > 1) {
    const message = `${what} holds ${candidates.length} images${asked}: ${list(candidates)}`;
    throw new RegError('INVALID_ARGUMENT', message, {
      hint: 'Choose one by adding a colon and its name to the path.',
    });
  }
  const others = images.length === 0 ? '' : `, only ${list(images)}`;
  throw new RegError('NOT_FOUND', `${what} holds no image${asked}${others}`);
}

function bestMatches<Image extends Pick<ArchiveImage, 'names'>>(
  images: readonly Image[],
  name: string,
): readonly Image[] {
  const full = complete(name);
  const tests = [
    (other: string) => other === name,
    (other: string) => full !== undefined && complete(other) === full,
    (other: string) => tryReference(other)?.tag === name,
  ];
  const results = tests.map((test) => images.filter(({ names }) => names.some(test)));
  return results.find((found) => found.length > 0) ?? [];
}

function complete(name: string): string | undefined {
  const reference = tryReference(name);
  return reference && formatReference(withDefaultTag(reference));
}

function list(images: readonly Pick<ArchiveImage, 'names'>[]): string {
  const names = images.flatMap((image) => (image.names.length === 0 ? ['one without a name'] : image.names));
  const shown = names.map((name) => cleanText(name, 80));
  return listTexts(shown, MAX_LISTED);
}

/** The images that one kind of description in an archive tells of, and their parts. */
export interface ImageSet extends Pick<Source, 'get'> {
  readonly images: readonly ArchiveImage[];
}

/** `Source.get` over whatever finds the bytes of a digest. */
export function getFrom(
  find: (digest: Digest) => Pick<Content, 'open'> | undefined,
  what: string,
): Source['get'] {
  return (descriptor) => ({
    descriptor,
    async open(options) {
      const found = find(descriptor.digest);
      if (found !== undefined) return found.open(options);
      throw new RegError('NOT_FOUND', `${shortDigest(descriptor.digest)} is not in ${what}`);
    },
  });
}
