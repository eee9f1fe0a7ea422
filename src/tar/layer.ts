/**
 * Layers of images, entry after entry (image-spec 1.1, layer.md):
 *
 *     content ─▶ verified ─▶ gzip, zstd or plain, by its first bytes ─▶ counted, hashed ─▶ entries
 *
 * Paths are plain here: no slash at either end, no dots in them; what would lead out of the image ends the reading.
 */

import { chunksUntilAborted } from '../content/abort.js';
import type { CallOptions, Content } from '../content/types.js';
import { hashed, verified } from '../content/verify.js';
import { explain, RegError } from '../errors.js';
import { algorithmOf, Digester, shortDigest, type Digest } from '../spec/digest.js';
import { quoteText } from '../spec/text.js';
import { unpack } from './compression.js';
import { countedBy, Quota } from './quota.js';
import type { EntryFacts } from './entry.js';
import { readTar, type TarEntry } from './read.js';
import { whiteoutOf, type Whiteout } from './whiteout.js';

/** What a name may have in bytes: no system takes longer paths (`PATH_MAX` of Linux). */
const MAX_NAME = 4096;

/** An entry of a tar as what it is in an image. */
export type Placed<Facts extends EntryFacts = EntryFacts> = Omit<Facts, 'name'> & {
  /** Path in the image, such as `usr/bin/env`; empty for its root. Text by `decodeName`. */
  readonly path: string;
  /** Of a hard link: the path of the other entry. Of a symbolic link: where it leads, which may be anywhere. */
  readonly target: string;
  /** What this entry says about layers below, instead of being anything itself. */
  readonly whiteout?: Whiteout;
};

export type LayerEntry = Placed<TarEntry> & {
  /** Which one of its layer it is, from 0 on. */
  readonly position: number;
};

export interface LayerOptions extends CallOptions {
  /** What the config of the image says the uncompressed bytes hash to; default: not looked at. */
  readonly diffId?: Digest | undefined;
  /** Shared by the layers of an image; default: one of its own. */
  readonly quota?: Quota | undefined;
}

/**
 * The entries of a layer in their order, each with its content: to be read before the next one is asked for, or not at
 * all. Size and digest are verified as the bytes come, so only who reads to the end knows that all was right: until then
 * nothing may be taken for good. Who stops early gets no error. Throws DIGEST_MISMATCH, SIZE_MISMATCH, UNSAFE_ARCHIVE,
 * UNSUPPORTED, TOO_LARGE, ABORTED and what the content throws.
 */
export async function* layerEntries(
  content: Content,
  { diffId, quota = new Quota(), signal }: LayerOptions = {},
): AsyncGenerator<LayerEntry> {
  const { descriptor } = content;
  const what = `layer ${shortDigest(descriptor.digest)}`;
  const packed = verified(descriptor, chunksUntilAborted(await content.open({ signal }), signal));
  const tar = unpack(
    countedBy((count) => quota.addPacked(count), packed),
    { what, signal },
  );
  const bytes = countedBy((count) => quota.addBytes(count, what), tar);
  const checked = diffId === undefined ? bytes : hashedAs(diffId, bytes, what);
  let position = 0;
  for await (const entry of readTar(checked, { what, signal })) {
    quota.addEntry(what, lengthOf(entry));
    yield { ...placed(entry, what), position: position++ };
  }
}

/** How much an entry says of itself, in bytes or thereabouts. */
function lengthOf({ name, target, xattrs }: EntryFacts): number {
  const attributes = [...xattrs].map(([key, value]) => key.length + value.byteLength);
  return attributes.reduce((sum, length) => sum + length, name.length + target.length);
}

/** The bytes of `chunks`, and an error instead of the end when they are not what the config says. */
async function* hashedAs(
  diffId: Digest,
  chunks: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<Uint8Array> {
  const digester = new Digester(algorithmOf(diffId));
  yield* hashed(chunks, digester);
  const actual = digester.digest();
  if (actual !== diffId) {
    const message = `${what} unpacks to ${shortDigest(actual)}; the config of its image says ${shortDigest(diffId)}`;
    throw new RegError('DIGEST_MISMATCH', message, { digest: diffId });
  }
}

/** Throws UNSAFE_ARCHIVE for names that no image may have. `what` names the layer, for messages. */
export function placed<Facts extends EntryFacts>({ name, ...entry }: Facts, what: string): Placed<Facts> {
  try {
    const path = plainPath(name);
    const target = entry.type === 'hardlink' ? plainPath(entry.target) : entry.target;
    if (entry.type === 'symlink') requireTarget(target);
    const whiteout = whiteoutOf(path, entry.type);
    return { ...entry, path, target, ...(whiteout && { whiteout }) };
  } catch (error) {
    throw explain(error, `cannot read ${what}: ${quoteText(name)}`);
  }
}

/** Slashes at the ends mean nothing here, as everywhere: some builders begin every name with one. */
function plainPath(name: string): string {
  if (name === '') throw new RegError('UNSAFE_ARCHIVE', 'it has no name');
  if (Buffer.byteLength(name) > MAX_NAME)
    throw new RegError('UNSAFE_ARCHIVE', `its name is longer than ${MAX_NAME} bytes`);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (!parts.includes('..')) return parts.join('/');
  throw new RegError('UNSAFE_ARCHIVE', 'it leads out of its directory by ".."');
}

function requireTarget(target: string): void {
  if (target !== '' && Buffer.byteLength(target) <= MAX_NAME) return;
  throw new RegError('UNSAFE_ARCHIVE', 'it is a symbolic link to nowhere, or to a name that is too long');
}
