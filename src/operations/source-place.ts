/** Opens the places that images come from. */

import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chooseImage, groupByDigest } from '../archive/image.js';
import { fullNameOf } from '../archive/names.js';
import { openArchive } from '../archive/reader.js';
import { systemClock } from '../content/system-clock.js';
import type { CallOptions, Source } from '../content/types.js';
import { look } from '../disk/files.js';
import { findEndpoint, type EngineSurroundings } from '../engine/endpoint.js';
import { exportImage } from '../engine/engine.js';
import { RegError } from '../errors.js';
import { openLayout, type Layout } from '../layout/layout.js';
import type { RegistryClient } from '../registry/client.js';
import type { Descriptor } from '../spec/descriptor.js';
import type { Digest } from '../spec/digest.js';
import { familiarName, formatReference } from '../spec/reference.js';
import { quoteText } from '../spec/text.js';
import { getImage, registryName, storeName } from './image-name.js';
import {
  KNOWN_PLACES,
  parsePlace,
  wrongPlace,
  type FilePlace,
  type NamedPlace,
  type Place,
} from './place.js';

/** A line for people, safe to print. */
export interface PlaceNotice {
  readonly type: 'wait' | 'warning';
  readonly message: string;
}

/** What places are opened with; only those that are named have to be there. */
export interface Ends extends CallOptions {
  /** For registries. */
  readonly client?: RegistryClient | undefined;
  /** For `store:`. */
  readonly store?: Layout | undefined;
  /** What `-` stands for where it is read. */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  /** How to find a Docker engine: environment and home. Default: the socket where it usually is. */
  readonly engine?: EngineSurroundings | undefined;
  /** Told what takes its time, and what is not as it was asked for. */
  readonly onNotice?: ((notice: PlaceNotice) => void) | undefined;
  /** Where to keep a tar from `stdin` or an engine, and what else can't be read in place; default: the system's. */
  readonly temporaryFolder?: string | undefined;
}

/** An image that was found. */
export interface FoundImage {
  readonly root: Descriptor;
  /** Full reference, or the tag in a layout; undefined where it has no name. */
  readonly name: string | undefined;
}

/** What refers to a manifest. */
export type ListReferrers = (subject: Digest, options?: CallOptions) => Promise<readonly Descriptor[]>;

export interface OpenSource {
  readonly place: Place;
  readonly source: Source;
  /** The image that the place names. Throws NOT_FOUND, INVALID_ARGUMENT where several could be meant. */
  image(): Promise<FoundImage>;
  /** Everything that is there; undefined where that can't be told: at registries. */
  images(): Promise<readonly FoundImage[]>;
  /** Only of registries, which can be asked. */
  readonly referrers?: ListReferrers;
  /** To be called when the source is not used any more: removes what was kept aside for it. */
  close(): Promise<void>;
}

/** Opens a place to read from. Throws what it takes to reach it: see the kinds of places. */
export async function openSource(place: Place, ends: Ends): Promise<OpenSource> {
  switch (place.kind) {
    case 'registry':
      return openRegistry(place, ends);
    case 'store':
      return openStore(place, ends);
    case 'engine':
      return openEngine(place, ends);
    case 'layout':
      return openFolder(place);
    default:
      return openTar(place, ends);
  }
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

function openRegistry(place: NamedPlace, { client, signal }: Ends): OpenSource {
  const { reference, text } = place;
  if (client === undefined) throw wrongPlace(text, 'there is no client for registries');
  const source = client.source(reference);
  const image = async (): Promise<FoundImage> => ({
    root: await source.resolve(registryName(reference), { signal }),
    name: formatReference(reference),
  });
  // Mirrors are asked for bytes, never for this: what they know of it may be old.
  const referrers: ListReferrers = (subject, options) =>
    client.repository(reference.domain, reference.path).referrers(subject, options);
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

/** What the engine has is known only once all of it has come. */
async function openEngine(place: NamedPlace, ends: Ends): Promise<OpenSource> {
  const { reference } = place;
  const { engine = { env: {} }, temporaryFolder = tmpdir(), signal } = ends;
  const name = familiarName(reference);
  ends.onNotice?.({ type: 'wait', message: `reading ${name} out of the engine` });
  const tar = await exportImage(await findEndpoint(engine), name, { signal });
  const what = `the export of ${name}`;
  const source = await openArchive(tar, { temporaryFolder, signal, what });
  const image = async (): Promise<FoundImage> => {
    const images = source.images();
    // It may have a longer name there: podman puts "localhost/" before what has no host.
    const found = chooseImage(images, { what, ...(images.length > 1 ? { name } : {}) });
    return { root: await found.root({ signal }), name: formatReference(reference) };
  };
  return { place, source, image, images: async () => [await image()], close: () => source.close() };
}

async function openFolder(place: FilePlace): Promise<OpenSource> {
  const { path = '', name } = place;
  await requireThere(path);
  if ((await look(join(path, 'oci-layout'))) === undefined)
    throw wrongPlace(place.text, 'the folder is not an OCI image layout');
  // Nothing is claimed or locked in a layout that is only read, so it may know no process and need no time.
  const facts = { pid: 0, isRunning: () => true, clock: systemClock };
  const source = await openLayout(path, { ...facts, isReadOnly: true });
  const found = groupByDigest(await source.entries());
  return {
    place,
    source,
    async image() {
      const { root, names } = chooseImage(found, { name, what: quoteText(path) });
      return { root, name: bestName(names, name) };
    },
    images: async () => found.flatMap(({ root, names }) => byName(root, names)),
    close: () => source.close(),
  };
}

async function openTar(place: FilePlace, ends: Ends): Promise<OpenSource> {
  const { path, name, text } = place;
  const { stdin, temporaryFolder = tmpdir(), signal } = ends;
  const input = path ?? stdin;
  if (input === undefined) throw wrongPlace(text, 'there is no standard input');
  if (path !== undefined) await requireThere(path);
  const source = await openArchive(input, { temporaryFolder, signal });
  return {
    place,
    source,
    async image() {
      const image = chooseImage(source.images(), { name, what: whatOf(path) });
      return { root: await image.root({ signal }), name: bestName(image.names, name) };
    },
    async images() {
      const images: FoundImage[] = [];
      for (const image of source.images()) images.push(...byName(await image.root({ signal }), image.names));
      return images;
    },
    close: () => source.close(),
  };
}

function whatOf(path: string | undefined): string {
  return path === undefined ? 'the archive on the standard input' : quoteText(path);
}

/** Of the names of an image the one that was asked for, if any was, and a whole reference where there is one. */
function bestName(names: readonly string[], asked: string | undefined): string | undefined {
  const meant =
    asked === undefined ? [] : names.filter((name) => name === asked || name.endsWith(`:${asked}`));
  const full = [...meant, ...names].map(fullNameOf).find((name) => name !== undefined);
  return full ?? meant[0] ?? names[0];
}

function byName(root: Descriptor, names: readonly string[]): readonly FoundImage[] {
  if (names.length === 0) return [{ root, name: undefined }];
  return [...new Set(names)].map((name) => ({ root, name: fullNameOf(name) ?? name }));
}

async function requireThere(path: string): Promise<void> {
  if ((await look(path)) !== undefined) return;
  throw new RegError('NOT_FOUND', `cannot read ${quoteText(path)}: no such file or folder`, {
    hint: KNOWN_PLACES,
  });
}
