/** `reg artifact push`: files to a registry, or to any other place that keeps images. */

import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { explaining } from '../../errors.js';
import { TITLE } from '../../spec/artifact.js';
import { parsePlace, placeName, wrongPlace, type Place } from '../places/place.js';
import type { Plan } from '../transfer/plan.js';
import type { Tally } from '../transfer/tally.js';
import { writeImage, type WriteOptions, type Written } from '../transfer/write-image.js';
import { createArtifact, type ArtifactFiles, type NewArtifact } from './new-artifact.js';

export interface PushArtifactOptions extends ArtifactFiles, WriteOptions {}

/** A file of an artifact. */
export interface ArtifactFile {
  /** Its path in the artifact. */
  readonly title: string;
  readonly mediaType: string;
  readonly digest: Digest;
  /** Length in bytes, of a directory as it is packed. */
  readonly size: number;
}

export interface PushedArtifact {
  /** The place, as it was written; at a registry in Docker's short form. */
  readonly destination: string;
  /** Full references, or tags in a layout: one for each tag. */
  readonly names: readonly string[];
  readonly digest: Digest;
  readonly mediaType: string;
  /** Absent where only the config says what it is. */
  readonly artifactType?: string;
  readonly files: readonly ArtifactFile[];
  readonly bytes: Tally;
  /** What would be done; only of a dry run, which did none of it. */
  readonly plan?: Plan;
}

/**
 * Pushes files under one tag or several: `REPOSITORY:TAG[,TAG…]`. Throws INVALID_ARGUMENT, TAG_EXISTS by the rules for tags,
 * and what files and places throw.
 */
export async function pushArtifact(
  destination: string,
  options: PushArtifactOptions,
): Promise<PushedArtifact> {
  const [first, ...others] = splitTags(destination);
  const place = requireHome(await parsePlace(first));
  const artifact = await createArtifact(options);
  try {
    const written: [Written, ...Written[]] = [await putArtifact(artifact, place, options)];
    for (const other of others) written.push(await putArtifact(artifact, await parsePlace(other), options));
    return describePushed(artifact, written);
  } finally {
    await artifact.close();
  }
}

export async function putArtifact(
  artifact: NewArtifact,
  place: Place,
  options: WriteOptions,
): Promise<Written> {
  return writeImage(artifact, place, options).catch(
    explaining(`cannot push to ${placeName(place)}`, { side: 'destination' }),
  );
}

/** `REPOSITORY:TAG,TAG` as places, one for each tag; whatever has no comma as it is. */
export function splitTags(text: string): readonly [string, ...string[]] {
  const [, repository = '', tags] = /^(.*:)(\w[\w.-]*(?:,\w[\w.-]*)+)$/s.exec(text) ?? [];
  const [first, ...others] = (tags?.split(',') ?? []).map((tag) => `${repository}${tag}`);
  return first === undefined ? [text] : [first, ...others];
}

/** Throws INVALID_ARGUMENT for places that keep images to run only. */
function requireHome(place: Place): Place {
  if (place.kind === 'engine' || (place.kind === 'archive' && place.isForDocker))
    throw wrongPlace(place.text, 'an engine takes images to run, not files');
  return place;
}

export function describePushed(
  { layers, artifactType }: NewArtifact,
  [first, ...others]: readonly [Written, ...Written[]],
): PushedArtifact {
  const { destination, digest, mediaType, bytes, plan } = first;
  return {
    destination,
    names: [first, ...others].flatMap(({ name }) => name ?? []),
    digest,
    mediaType,
    ...(artifactType === undefined ? {} : { artifactType }),
    files: layers.map(describeFile),
    bytes,
    ...(plan === undefined ? {} : { plan }),
  };
}

function describeFile({ mediaType, digest, size, annotations }: Descriptor): ArtifactFile {
  return { title: annotations?.[TITLE] ?? '', mediaType, digest, size };
}
