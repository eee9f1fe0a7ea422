/**
 * Files of this machine as layers of an artifact:
 *
 *     file ──────────────────────────▶ its bytes, read again when they are sent
 *     folder ──▶ tar ──▶ gzip ──▶ kept aside until then
 *     -  ────────────────────────▶ kept aside until then
 */

import { stat } from 'node:fs/promises';

import type { CallOptions, Content } from '../../content/types.js';
import { hashed } from '../../content/verify.js';
import { ifThere, notThere, onDisk } from '../../disk/files.js';
import { bytesOf } from '../../disk/region.js';
import type { Scratch } from '../../disk/scratch.js';
import { RegError } from '../../errors.js';
import { TITLE, UNPACK, UNPACKED_DIGEST, type Annotations } from '../../spec/artifact.js';
import { Digester } from '../../spec/digest.js';
import { OCI_LAYER, OCI_LAYER_GZIP } from '../../spec/media-type.js';
import { quoteText } from '../../spec/text.js';
import { gzip } from '../../tar/compression.js';
import { tarFolder } from '../../tar/folder.js';

/** A file that is to become a layer. */
export interface NewFile {
  /** `-` for the standard input. */
  readonly path: string;
  readonly title: string;
  /** Default: that of a layer, as oras has it, whatever the file is. */
  readonly mediaType: string | undefined;
  /** Besides those that say its title and how it is packed. */
  readonly annotations: Annotations;
}

export interface ContentWork extends CallOptions {
  /** Keeps what can't be read again where it is. */
  readonly scratch: Scratch;
  readonly stdin: AsyncIterable<Uint8Array> | undefined;
}

/** Reads a file once, to find out its digest. Throws INVALID_ARGUMENT, NOT_FOUND, DISK_FULL, DISK_ERROR, ABORTED. */
export async function contentOfFile(file: NewFile, work: ContentWork): Promise<Content> {
  if (file.path === '-') return fromStdin(file, work);
  const { path } = file;
  const stats = await onDisk({ verb: 'read', path }, () => ifThere(() => stat(path)));
  if (stats === undefined) throw notThere(path);
  return stats.isDirectory() ? fromFolder(file, work) : fromFile(file, work);
}

async function fromFile(file: NewFile, { signal }: ContentWork): Promise<Content> {
  const digester = new Digester();
  for await (const chunk of bytesOf(file.path, { signal })) digester.update(chunk);
  const facts = { size: digester.size, digest: digester.digest() };
  return {
    descriptor: { mediaType: file.mediaType ?? OCI_LAYER, ...facts, annotations: annotationsOf(file) },
    open: async (options) => bytesOf(file.path, options),
  };
}

async function fromStdin(file: NewFile, { stdin, scratch }: ContentWork): Promise<Content> {
  if (stdin === undefined) throw new RegError('INVALID_ARGUMENT', 'there is no standard input');
  return keep(stdin, { scratch, mediaType: file.mediaType ?? OCI_LAYER, annotations: annotationsOf(file) });
}

async function fromFolder(file: NewFile, { scratch, signal }: ContentWork): Promise<Content> {
  const tar = new Digester();
  const options = { what: quoteText(file.path), signal };
  const packed = gzip(hashed(tarFolder(file.path, { prefix: file.title, signal }), tar), options);
  const mediaType = file.mediaType ?? OCI_LAYER_GZIP;
  const kept = await keep(packed, { scratch, mediaType, annotations: {} });
  const packing = { [UNPACK]: 'true', [UNPACKED_DIGEST]: tar.digest() };
  return { ...kept, descriptor: { ...kept.descriptor, annotations: { ...packing, ...annotationsOf(file) } } };
}

function annotationsOf({ title, annotations }: NewFile): Annotations {
  return { ...annotations, [TITLE]: title };
}

interface Kept {
  readonly scratch: Scratch;
  readonly mediaType: string;
  readonly annotations: Annotations;
}

async function keep(chunks: AsyncIterable<Uint8Array>, { scratch, ...facts }: Kept): Promise<Content> {
  const digester = new Digester();
  const region = await scratch.append(hashed(chunks, digester));
  const descriptor = { ...facts, digest: digester.digest(), size: digester.size };
  return { descriptor, open: (options) => region.open(options) };
}
