/** Opens the places whose images lie in files: layouts, tars, and the tar that an engine makes of one. */

import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chooseImage, groupByDigest } from '../../archive/image.js';
import { fullNameOf } from '../../archive/names.js';
import { openArchive } from '../../archive/reader.js';
import { systemClock } from '../../content/system-clock.js';
import { look, notThere } from '../../disk/files.js';
import { findEndpoint } from '../../engine/endpoint.js';
import { exportImage } from '../../engine/engine.js';
import { openLayout } from '../../layout/layout.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { familiarName, formatReference } from '../../spec/reference.js';
import { quoteText } from '../../spec/text.js';
import { wrongPlace, type FilePlace, type NamedPlace } from './place.js';
import type { Ends, FoundImage, OpenSource } from './open-source.js';

/** What the engine has is known only once all of it has come. */
export async function openEngine(place: NamedPlace, ends: Ends): Promise<OpenSource> {
  const { reference } = place;
  const { engine = { env: {} }, temporaryFolder = tmpdir(), signal } = ends;
  const name = familiarName(reference);
  ends.onNotice?.({ type: 'wait', message: `reading ${name} out of the engine` });
  const tar = await exportImage(await findEndpoint(engine), name, { signal });
  const what = `the export of ${name}`;
  const source = await openArchive(whileTold(tar, ends), { temporaryFolder, signal, what });
  const image = async (): Promise<FoundImage> => {
    const images = source.images();
    // It may have a longer name there: podman puts "localhost/" before what has no host.
    const found = chooseImage(images, { what, ...(images.length > 1 ? { name } : {}) });
    return { root: await found.root({ signal }), name: formatReference(reference) };
  };
  return { place, source, image, images: async () => [await image()], close: () => source.close() };
}

export async function openFolder(place: FilePlace): Promise<OpenSource> {
  const { path = '', name } = place;
  await requireThere(path);
  if ((await look(join(path, 'oci-layout'))) === undefined)
    throw wrongPlace(place.text, 'the directory is not an OCI image layout');
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

export async function openTar(place: FilePlace, ends: Ends): Promise<OpenSource> {
  const { path, name, text } = place;
  const { stdin, temporaryFolder = tmpdir(), signal } = ends;
  const input = path ?? (stdin && whileTold(stdin, ends));
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

/** In bytes: what comes sooner than a line about it is worth nothing to anybody. */
const FIRST_TOLD = 64_000_000;

/** `chunks` of a tar that has to be here before anything else can begin: a notice each time as much again has come. */
async function* whileTold(chunks: AsyncIterable<Uint8Array>, { onNotice }: Ends): AsyncGenerator<Uint8Array> {
  let size = 0;
  let next = FIRST_TOLD;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size >= next) {
      onNotice?.({ type: 'wait', message: `${Math.floor(size / 1_000_000)} MB of the archive have arrived` });
      next = size * 2;
    }
    yield chunk;
  }
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
  throw notThere(path);
}
