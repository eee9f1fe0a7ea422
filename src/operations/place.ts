/**
 * Places that are no registry: where a push may take its image from.
 *
 *     oci:DIR[:TAG]  oci-archive:FILE[:TAG]  docker-archive:FILE[:REF]  PATH[:NAME]  -[:NAME]
 */

import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chooseImage, groupByDigest } from '../archive/image.js';
import { openArchive } from '../archive/reader.js';
import { systemClock } from '../content/system-clock.js';
import type { CallOptions } from '../content/types.js';
import { RegError } from '../errors.js';
import { openLayout } from '../layout/layout.js';
import { quoteText } from '../spec/text.js';
import type { PushSource } from './push.js';

const KNOWN =
  'Give oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:REF], a path, or - for a tar on the standard input.';

export interface PlaceOptions extends CallOptions {
  /** What `-` stands for. */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  /** Where to keep a tar from `stdin`, and what else can't be read in place; default: the system's. */
  readonly temporaryFolder?: string | undefined;
}

/** An image that was found, ready for `pushFrom`. */
export interface OpenPlace extends PushSource {
  /** To be called when the source is not used any more: removes what was kept aside for it. */
  close(): Promise<void>;
}

/**
 * Finds the image that `text` names. What is in an archive is told by looking inside, so `oci-archive:` and
 * `docker-archive:` read either kind. Throws INVALID_ARGUMENT for a place of an unknown kind, and where several images
 * could be meant; NOT_FOUND, and what archives and layouts throw.
 */
export async function openPlace(text: string, options: PlaceOptions = {}): Promise<OpenPlace> {
  const place = await parsePlace(text);
  const { expected, found } = place;
  if (expected === 'folder' && found === 'file') throw wrong(text, 'it is not a folder');
  if (expected === 'file' && found === 'folder') throw wrong(text, 'it is a folder');
  return found === 'folder' ? openFolder(place) : openTar(place, options);
}

type Kind = 'folder' | 'file';

interface Place {
  /** What its prefix asks for. */
  readonly expected: Kind | undefined;
  readonly found: Kind;
  /** Undefined for the standard input. */
  readonly path: string | undefined;
  /** Tag or reference of the image in it. */
  readonly name: string | undefined;
}

async function parsePlace(text: string): Promise<Place> {
  const [, prefix = '', rest = text] = /^(oci|oci-archive|docker-archive):(.*)$/s.exec(text) ?? [];
  const expected = prefix === '' ? undefined : prefix === 'oci' ? 'folder' : 'file';
  if (rest === '') throw wrong(text, 'it names no path');
  if (expected !== 'folder' && /^-(:|$)/.test(rest))
    return { expected, found: 'file', path: undefined, name: rest.slice(2) || undefined };
  // Names have colons, and so may paths (`C:\images`): the longest path that exists is the one that is meant.
  for (let end = rest.length; end > 0; end = rest.lastIndexOf(':', end - 1)) {
    const path = rest.slice(0, end);
    const found = await kindOf(path);
    if (found !== undefined) return { expected, found, path, name: rest.slice(end + 1) || undefined };
  }
  // One letter is a drive of Windows.
  if (expected === undefined && /^[a-z][a-z0-9+-]+:/.test(rest))
    throw wrong(text, 'that is not a place to push from');
  throw new RegError('NOT_FOUND', `cannot read ${quoteText(rest)}: no such file or folder`, { hint: KNOWN });
}

async function openFolder({ path = '', name }: Place): Promise<OpenPlace> {
  if ((await kindOf(join(path, 'oci-layout'))) !== 'file')
    throw wrong(path, 'the folder is not an OCI image layout');
  // Nothing is claimed or locked in a layout that is only read, so it may know no process and need no time.
  const facts = { pid: 0, isRunning: () => true, clock: systemClock };
  const layout = await openLayout(path, { ...facts, isReadOnly: true });
  const images = groupByDigest(await layout.entries());
  const { root } = chooseImage(images, { name, what: quoteText(path) });
  return { source: layout, root, close: () => layout.close() };
}

async function openTar({ path, name }: Place, options: PlaceOptions): Promise<OpenPlace> {
  const { stdin, temporaryFolder = tmpdir(), signal } = options;
  const input = path ?? stdin;
  if (input === undefined) throw wrong('-', 'there is no standard input');
  const archive = await openArchive(input, { temporaryFolder, signal });
  try {
    const what = path === undefined ? 'the archive on the standard input' : quoteText(path);
    const root = await chooseImage(archive.images(), { name, what }).root({ signal });
    return { source: archive, root, close: () => archive.close() };
  } catch (error) {
    await archive.close();
    throw error;
  }
}

async function kindOf(path: string): Promise<Kind | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) return undefined;
    throw new RegError('DISK_ERROR', `cannot read ${quoteText(path)}: permission denied`, { cause: error });
  }
}

function wrong(text: string, reason: string): RegError {
  return new RegError('INVALID_ARGUMENT', `cannot push from ${quoteText(text)}: ${reason}`, { hint: KNOWN });
}
