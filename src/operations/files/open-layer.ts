/**
 * Opens layers to see what is in them: by their tables of contents where they have some, which costs a few requests, else
 * by reading them from end to end.
 */

import type { CopyListener } from '../../content/events.js';
import type { CallOptions, Content } from '../../content/types.js';
import { watched } from '../../content/watched.js';
import type { Holder } from '../../disk/holder.js';
import { hasCode } from '../../errors.js';
import { openTable, type Table } from '../../seekable/open.js';
import { readChunks } from '../../seekable/read.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { shortDigest, type Digest } from '../../spec/digest.js';
import type { Placed } from '../../tar/layer.js';
import type { Quota } from '../../tar/quota.js';

import type { PlaceNotice } from '../places/open-source.js';
import { readAgain, scanLayer } from './scan.js';

/** Layers that are smaller come whole by one request, which is less than a table and a file take; in bytes. */
const MIN_SEEKABLE = 1024 * 1024;

/** An entry of a layer. */
export interface LayerFile extends Placed {
  /** The layer that it is of. */
  readonly layer: ReadableLayer;
  /** Of the content of a file; undefined where it was not asked for. */
  readonly digest?: Digest | undefined;
  /** Which entry of its layer it is, from 0. */
  readonly position: number;
}

interface ReadableLayer {
  readonly descriptor: Descriptor;
  /** The content of the file at a position; nothing is yielded that was not verified. */
  readonly read: (position: number) => AsyncIterable<Uint8Array>;
}

export interface OpenLayerOptions extends CallOptions {
  /** Keeps what is not verified yet. */
  readonly holder: Holder;
  /** Shared by the layers of an image. */
  readonly quota: Quota;
  /** Read all layers from end to end, whatever they say of themselves. Default false. */
  readonly whole?: boolean | undefined;
  /** Paths of the files that are likely to be read next. */
  readonly wanted?: readonly string[] | undefined;
  /** Whether the digests of all files are wanted. Default false. */
  readonly needsDigests?: boolean | undefined;
  /** Told of layers that are read from end to end. */
  readonly onEvent?: CopyListener | undefined;
  readonly onNotice?: ((notice: PlaceNotice) => void) | undefined;
}

/** All entries of a layer in their order. Throws DIGEST_MISMATCH, UNSAFE_ARCHIVE, UNSUPPORTED and what the content throws. */
export async function openLayer(content: Content, options: OpenLayerOptions): Promise<readonly LayerFile[]> {
  const table = await findTable(content, options);
  return table === undefined ? scan(content, options) : filesIn(content, table, options);
}

/** What is wrong with a table, or with reading parts of a layer, is no reason not to read all of it. */
async function findTable(content: Content, options: OpenLayerOptions): Promise<Table | undefined> {
  const { whole = false, needsDigests = false, onNotice, signal } = options;
  const { digest, size } = content.descriptor;
  if (whole || size < MIN_SEEKABLE) return undefined;
  try {
    const table = await openTable(content, { signal });
    return needsDigests && !hasDigests(table) ? undefined : table;
  } catch (error) {
    if (!hasCode(error, 'UNSUPPORTED', 'UNSAFE_ARCHIVE', 'TOO_LARGE', 'DIGEST_MISMATCH', 'SIZE_MISMATCH'))
      throw error;
    const message = `layer ${shortDigest(digest)} is read from end to end: ${error.message}`;
    onNotice?.({ type: 'warning', message });
    return undefined;
  }
}

/** Those of layers that are read from end to end are of this kind. */
function hasDigests(table: Table | undefined): boolean {
  return table?.entries.every(({ size, digest }) => size === 0 || digest?.startsWith('sha256:')) ?? false;
}

function filesIn(
  content: Content,
  { compression, entries }: Table,
  options: OpenLayerOptions,
): readonly LayerFile[] {
  const layer: ReadableLayer = {
    descriptor: content.descriptor,
    read: (position) => readChunks(content, entries[position]?.chunks ?? [], { ...options, compression }),
  };
  return entries.map((entry, position) => ({ ...entry, layer, position }));
}

async function scan(content: Content, options: OpenLayerOptions): Promise<readonly LayerFile[]> {
  const { descriptor } = content;
  const { onEvent } = options;
  onEvent?.({ type: 'found', descriptor });
  const seen = watched(content, (position) => onEvent?.({ type: 'progress', descriptor, position }));
  const { entries, kept } = await scanLayer(seen, options);
  onEvent?.({ type: 'done', descriptor, outcome: 'written' });
  const layer: ReadableLayer = {
    descriptor,
    async *read(position) {
      const known = kept.get(position);
      const held = known ?? (await readAgain(content, { ...options, position }));
      yield* await held.open();
      if (known === undefined) held.release();
    },
  };
  return entries.map((entry, position) => ({ ...entry, layer, position }));
}
