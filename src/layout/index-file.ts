/**
 * `index.json`: the names of the store (image-spec 1.1, image-layout.md, "index.json file"). What other tools wrote
 * there is kept as it is. It is only ever replaced as a whole, and never when it can't be understood.
 */

import { readdirSync } from 'node:fs';

import { hasCode, RegError } from '../errors.js';
import { parseDescriptor, type Descriptor } from '../spec/descriptor.js';
import { isObject, parseJsonObject, type JsonObject } from '../spec/json.js';
import { OCI_INDEX } from '../spec/media-type.js';
import { formatReference, parseReference } from '../spec/reference.js';
import { quoteText } from '../spec/text.js';
import { ifThere, look, onDisk, readSmallFile, replaceFile } from '../disk/files.js';
import { isLayout } from './format.js';
import { ALGORITHMS, type Paths } from './paths.js';

/** The annotation that names an entry (image-spec 1.1, annotations.md). */
const REF_NAME = 'org.opencontainers.image.ref.name';

/** Largest index.json that is read: about 100 000 images. */
const MAX_INDEX_SIZE = 32 * 1024 * 1024;

export interface Entry {
  readonly name: string | undefined;
  /** Without the annotation that holds the name. */
  readonly descriptor: Descriptor;
  /** As it stands in the file. */
  readonly raw: JsonObject;
}

interface Read {
  readonly version: string;
  readonly document: JsonObject;
  readonly entries: readonly Entry[];
}

const BROKEN =
  'Restore it from a copy; or, in the local store, remove it and pull the images again: only what is missing is fetched.';

const NOTHING: Read = { version: '', document: {}, entries: [] };

export class IndexFile {
  readonly #paths: Paths;
  #last: Read = NOTHING;

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /** All entries; costs one system call while the file stays the same. Throws STORE_CORRUPT, INVALID_ARGUMENT. */
  async entries(): Promise<readonly Entry[]> {
    return (await this.#read()).entries;
  }

  async exists(): Promise<boolean> {
    return (await look(this.#paths.index)) !== undefined;
  }

  /** Replaces the entries; to be called under the lock. Throws what `entries` throws, DISK_FULL, DISK_ERROR. */
  async change(update: (entries: readonly Entry[]) => readonly Entry[]): Promise<void> {
    const { document, entries } = await this.#read();
    const bytes = formatIndex({ schemaVersion: 2, mediaType: OCI_INDEX, ...document }, update(entries));
    if (bytes.byteLength > MAX_INDEX_SIZE) {
      throw new RegError('TOO_LARGE', `the store ${quoteText(this.#paths.folder)} has too many images`);
    }
    await replaceFile(this.#paths.index, { temporary: this.#paths.nextIndex, bytes });
  }

  async #read(): Promise<Read> {
    const { index } = this.#paths;
    const stats = await look(index);
    if (stats === undefined) return this.#missing();
    const version = `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
    if (version === this.#last.version) return this.#last;
    await this.#requireMarker();
    const bytes = await readSmallFile(index, { cap: MAX_INDEX_SIZE, code: 'STORE_CORRUPT' });
    if (bytes === undefined) return this.#missing();
    this.#last = { version, ...parseIndex(bytes, quoteText(index)) };
    return this.#last;
  }

  async #requireMarker(): Promise<void> {
    if (await isLayout(this.#paths)) return;
    throw new RegError(
      'STORE_CORRUPT',
      `the store ${quoteText(this.#paths.folder)} has no file "oci-layout"`,
    );
  }

  /** No index is right only where there are no blobs yet: the names of those would be lost without a word. */
  async #missing(): Promise<Read> {
    if (!(await isLayout(this.#paths)) || !(await hasBlobs(this.#paths))) return NOTHING;
    // Another process may have made both since we looked.
    if (await this.exists()) return this.#read();
    throw new RegError(
      'STORE_CORRUPT',
      `the store ${quoteText(this.#paths.folder)} has lost its index.json`,
      {
        hint: 'Bring the file back, or remove the directory and pull again.',
      },
    );
  }
}

/** The entry that gives `descriptor` a name. */
export function makeEntry(name: string, descriptor: Descriptor): Entry {
  const annotations = { ...descriptor.annotations, [REF_NAME]: name };
  return { name, descriptor, raw: { ...descriptor, annotations } };
}

/** Whether two entries say the same. */
export function isSameEntry(one: Entry, other: Entry): boolean {
  return JSON.stringify(one.raw) === JSON.stringify(other.raw);
}

/** `entries` with `entry` as the only one of its name. */
export function withEntry(entries: readonly Entry[], entry: Entry): readonly Entry[] {
  return [...entries.filter(({ name }) => name !== entry.name), entry];
}

/** `entries` without the ones that have these names. Throws NOT_FOUND when one is not there. */
export function withoutNames(entries: readonly Entry[], names: readonly string[]): readonly Entry[] {
  const known = new Set(entries.map(({ name }) => name));
  const missing = names.find((name) => !known.has(name));
  if (missing !== undefined) throw new RegError('NOT_FOUND', `${quoteText(missing)} is not in the store`);
  const unwanted = new Set<string | undefined>(names);
  return entries.filter(({ name }) => !unwanted.has(name));
}

/** Whether a name is a full reference to one image, spelled as `reg` does it; other tools name as they like. */
export function isFullName(name: string): boolean {
  try {
    const reference = parseReference(name);
    const isComplete = reference.tag !== undefined || reference.digest !== undefined;
    return isComplete && formatReference(reference) === name;
  } catch (error) {
    if (hasCode(error, 'INVALID_REFERENCE')) return false;
    throw error;
  }
}

/** An entry a line: people can read it, and in a store of thousands a quarter is saved each time that it is read. */
function formatIndex(document: JsonObject, entries: readonly Entry[]): Buffer {
  const { manifests: _, ...others } = document;
  const lines = entries.map(({ raw }) => JSON.stringify(raw)).join(',\n');
  return Buffer.from(`${JSON.stringify(others).slice(0, -1)},"manifests":[\n${lines}\n]}\n`);
}

async function hasBlobs(paths: Paths): Promise<boolean> {
  for (const path of ALGORITHMS.map((algorithm) => paths.blobFolder(algorithm))) {
    const names = await onDisk({ verb: 'read', path }, () => ifThere(() => readdirSync(path)));
    if (names !== undefined && names.length > 0) return true;
  }
  return false;
}

function parseIndex(bytes: Uint8Array, what: string): Omit<Read, 'version'> {
  const document = parseJsonObject(bytes, { what, code: 'STORE_CORRUPT', hint: BROKEN });
  const { schemaVersion, manifests } = document;
  if (schemaVersion !== 2) throw new RegError('STORE_CORRUPT', `${what} has no schemaVersion 2`);
  if (!Array.isArray(manifests)) throw new RegError('STORE_CORRUPT', `${what} has no list "manifests"`);
  const entries = manifests.map((raw: unknown, position) =>
    parseEntry(raw, `${what}: manifests[${position}]`),
  );
  return { document, entries };
}

function parseEntry(raw: unknown, where: string): Entry {
  if (!isObject(raw)) throw new RegError('STORE_CORRUPT', `${where} is not an object`);
  const { annotations, ...rest } = describeEntry(raw, where);
  const { [REF_NAME]: name, ...others } = annotations ?? {};
  const hasOthers = Object.keys(others).length > 0;
  return { name, descriptor: { ...rest, ...(hasOthers ? { annotations: others } : {}) }, raw };
}

function describeEntry(raw: JsonObject, where: string): Descriptor {
  try {
    return parseDescriptor(raw, where);
  } catch (error) {
    if (!hasCode(error, 'INVALID_MANIFEST')) throw error;
    throw new RegError('STORE_CORRUPT', error.message, { cause: error });
  }
}
