/**
 * Places: where an image may be, in one syntax for every command.
 *
 *     NAME                       at its registry
 *     store:NAME                 in the local store
 *     docker-daemon:NAME         in a Docker engine, or podman's
 *     oci:DIR[:TAG]              in an OCI image layout
 *     oci-archive:FILE[:TAG]     in a tar of one
 *     docker-archive:FILE[:REF]  in what `docker save` writes
 *     -                          in a tar on the standard input or output
 *     ./PATH[:TAG]               in whichever of these is there: no reference begins with a dot or a slash
 */

import { stat } from 'node:fs/promises';

import { hasCode, RegError } from '../../errors.js';
import { quoteText } from '../../spec/text.js';
import type { Reference } from '../../spec/reference.js';
import { familiarName } from '../../spec/reference.js';
import { parseImage } from '../image-name.js';

/** What to write instead, for errors. */
const KNOWN_PLACES =
  'Give NAME for a registry, store:NAME, docker-daemon:NAME, oci:DIR[:TAG], oci-archive:FILE[:TAG], ' +
  'docker-archive:FILE[:REF], or - for a tar on the standard input or output.';

/** A place that knows images by whole references. */
export interface NamedPlace {
  readonly kind: 'registry' | 'store' | 'engine';
  /** As it was written. */
  readonly text: string;
  /** The same without what says which kind of place it is. */
  readonly repository: string;
  readonly reference: Reference;
}

/** A directory or a tar. */
export interface FilePlace {
  readonly kind: 'layout' | 'archive';
  readonly text: string;
  /** Undefined for the standard input or output. */
  readonly path: string | undefined;
  /** Tag or reference of the image in it. */
  readonly name: string | undefined;
  /** Written as `docker-archive:`, the programs for which hold one platform of an image. */
  readonly isForDocker: boolean;
}

export type Place = NamedPlace | FilePlace;

const NAMED: ReadonlyMap<string, NamedPlace['kind']> = new Map([
  ['store', 'store'],
  ['docker-daemon', 'engine'],
]);

const PREFIX = /^(store|docker-daemon|oci|oci-archive|docker-archive):(.*)$/s;

/** A reference begins with a letter or a digit, and holds no backslash; one letter and a colon are a drive of Windows. */
const PATH = /^(?:[./\\]|[A-Za-z]:[\\/])/;

const TAR = /\.(?:tar|tgz|tar\.\w+)(?::|$)/i;

/**
 * Reads a place. Costs a look at the disk where it names a path, since paths may have colons, too. Throws
 * INVALID_ARGUMENT, INVALID_REFERENCE, DISK_ERROR.
 */
export async function parsePlace(text: string): Promise<Place> {
  const [, prefix, rest = text] = PREFIX.exec(text) ?? [];
  const kind = prefix === undefined ? undefined : NAMED.get(prefix);
  if (kind !== undefined) return { kind, text, repository: rest, reference: parseImage(rest) };
  if (rest === '') throw wrongPlace(text, prefix === undefined ? 'it is empty' : 'it names no path');
  if (!isElsewhere(text)) return parseRegistry(text);
  return parseFile(text, { prefix, rest });
}

/** Whether a text can mean nothing at a registry, by how it begins. */
export function isElsewhere(text: string): boolean {
  return PREFIX.test(text) || PATH.test(text) || isStream(text);
}

/**
 * What `text` means where images rather come from files: a path that is there, or the name of a tar, needs no "../"
 * before it. Answers a text for `parsePlace`.
 */
export async function preferPath(text: string): Promise<string> {
  if (text === '' || isElsewhere(text)) return text;
  const isPath = TAR.test(text) || (await splitPath(text)).found !== undefined;
  return isPath ? `./${text}` : text;
}

/** What a place is called in messages and progress. */
export function placeName(place: Place): string {
  if (place.kind === 'registry') return familiarName(place.reference);
  return place.text;
}

/** Whether what takes it in there knows images, and no indexes of several. */
export function holdsOneImage(place: Place): boolean {
  return place.kind === 'engine' || (place.kind === 'archive' && place.isForDocker);
}

/** What an interrupted transfer leaves for the next try: every byte, what was complete, or nothing. */
export type Kept = 'bytes' | 'blobs' | 'nothing';

/** A registry is told to forget an upload that is given up; a tar is begun again, a file or a stream. */
export function keptAt({ kind }: Place): Kept {
  if (kind === 'registry') return 'blobs';
  return kind === 'archive' || kind === 'engine' ? 'nothing' : 'bytes';
}

/** For a place that can't be what it was given for. */
export function wrongPlace(text: string, reason: string, { hint = KNOWN_PLACES } = {}): RegError {
  return new RegError('INVALID_ARGUMENT', `cannot use ${quoteText(text)} as a place: ${reason}`, { hint });
}

function isStream(text: string): boolean {
  return /^-(:|$)/.test(text);
}

/** What is no reference may have been meant as another place. */
function parseRegistry(text: string): Place {
  try {
    return { kind: 'registry', text, repository: text, reference: parseImage(text) };
  } catch (error) {
    if (!hasCode(error, 'INVALID_REFERENCE')) throw error;
    const hint = [error.context.hint, KNOWN_PLACES].filter((part) => part !== undefined).join(' ');
    throw new RegError(error.code, error.message, { ...error.context, hint, cause: error });
  }
}

async function parseFile(
  text: string,
  { prefix, rest }: { readonly prefix: string | undefined; readonly rest: string },
): Promise<Place> {
  const isForDocker = prefix === 'docker-archive';
  if (prefix !== 'oci' && isStream(rest))
    return { kind: 'archive', text, path: undefined, name: rest.slice(2) || undefined, isForDocker };
  const { path, name, found } = await splitPath(rest);
  const asked = prefix === undefined ? undefined : prefix === 'oci' ? 'folder' : 'file';
  if (asked !== undefined && found !== undefined && asked !== found)
    throw wrongPlace(text, found === 'file' ? 'it is not a directory' : 'it is a directory');
  const kind =
    (asked ?? found ?? (/[/\\]$/.test(path) ? 'folder' : 'file')) === 'folder' ? 'layout' : 'archive';
  return { kind, text, path, name, isForDocker };
}

type Found = 'folder' | 'file' | undefined;

/** The longest path that is there is the one that is meant; of what is not there, all up to the first colon. */
async function splitPath(
  text: string,
): Promise<{ readonly path: string; readonly name: string | undefined; readonly found: Found }> {
  const at = (end: number): { readonly path: string; readonly name: string | undefined } => ({
    path: text.slice(0, end),
    name: text.slice(end + 1) || undefined,
  });
  for (let end = text.length; end > 0; end = text.lastIndexOf(':', end - 1)) {
    const found = await kindOf(text.slice(0, end));
    if (found !== undefined) return { ...at(end), found };
  }
  const colon = text.indexOf(':', /^[A-Za-z]:[\\/]/.test(text) ? 2 : 0);
  return { ...at(colon < 1 ? text.length : colon), found: undefined };
}

/** A pipe among files could be waited for for ever, and a device written over by what is to replace it. */
async function kindOf(path: string): Promise<Found> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return 'folder';
    if (stats.isFile()) return 'file';
    throw wrongPlace(path, 'it is neither a file nor a directory; "-" stands for the standard streams');
  } catch (error) {
    if (error instanceof RegError) throw error;
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) return undefined;
    throw new RegError('DISK_ERROR', `cannot read ${quoteText(path)}: permission denied`, { cause: error });
  }
}
