/** Layers with tables of contents, made from the text of their formats alone, to judge by them what reads such layers. */

import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';

import { bytesContent, sha256 } from './contents.js';
import type { TestLayer } from './images.js';

const BLOCK = 512;

export interface SeekableFile extends Partial<Omit<Header, 'name' | 'size'>> {
  /** At most 100 characters. */
  readonly name: string;
  readonly content?: string | Uint8Array;
}

/** A record of a table of contents; what a test puts in need not make sense. */
export type TocRecord = Record<string, unknown>;

export interface SeekableOptions {
  /** Bytes of a file that are compressed together; default: all. */
  readonly chunkSize?: number;
  /** Changes the records before they are written. */
  readonly edit?: (records: TocRecord[]) => unknown;
}

/** A layer, its table of contents as it is written, and what the manifest has to say of it. */
export interface SeekableLayer extends TestLayer {
  readonly annotations: Readonly<Record<string, string>>;
  readonly json: Buffer;
}

export interface EstargzOptions extends SeekableOptions {
  /** All in one gzip member, as `--estargz-min-chunk-size` allows. */
  readonly isTogether?: boolean;
  /** The footer of the format's predecessor, of 47 bytes. */
  readonly isLegacy?: boolean;
  /** What the footer says of where the table is; default: the truth. */
  readonly tocOffset?: number;
}

/** By stargz-snapshotter's docs/estargz.md. */
export async function estargzLayer(
  files: readonly SeekableFile[],
  options: EstargzOptions = {},
): Promise<SeekableLayer> {
  const out = new Members((bytes) => gzipSync(bytes, { level: 6 }), options.isTogether ?? false);
  const records = await writeFiles(out, files, options);
  out.end();
  const end = out.length;
  const json = tocOf(records, options);
  const toc = await tarOf([{ name: 'stargz.index.json', content: json }]);
  out.add(toc);
  out.end();
  const offset = (options.tocOffset ?? end).toString(16).padStart(16, '0');
  const legacy = options.isLegacy === true;
  const extra = Buffer.from(`${legacy ? '\x16\0' : '\x1a\0SG\x16\0'}${offset}STARGZ`, 'latin1');
  const footer = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff]),
    extra,
    Buffer.from([1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]),
  ]);
  const annotations = { 'containerd.io/snapshot/stargz/toc.digest': sha256(json) };
  return { ...out.layer([footer]), annotations, json };
}

/** By containers/storage's pkg/chunked/internal/minimal/compression.go; nothing in it is really compressed. */
export async function zstdChunkedLayer(
  files: readonly SeekableFile[],
  options: SeekableOptions & { readonly prefix?: string } = {},
): Promise<SeekableLayer> {
  const out = new Members(zstdFrame, false);
  const records = await writeFiles(out, files, options);
  out.add(Buffer.alloc(2 * BLOCK));
  out.end();
  const json = tocOf(records, options);
  const toc = zstdFrame(json);
  const prefix = options.prefix ?? 'io.github.containers.zstd-chunked';
  const from = out.length + 8;
  const annotations = {
    [`${prefix}.manifest-position`]: `${from}:${toc.length}:${json.length}:1`,
    [`${prefix}.manifest-checksum`]: sha256(toc),
  };
  const footer = Buffer.alloc(64);
  [from, toc.length, json.length, 1].forEach((value, at) => footer.writeBigUInt64LE(BigInt(value), at * 8));
  footer.write('GNUlInUx', 56);
  return { ...out.layer([skippable(toc), skippable(footer)]), annotations, json };
}

/** What is written, piece after piece that is compressed by itself. */
class Members {
  readonly #compress: (bytes: Uint8Array) => Uint8Array;
  readonly #isTogether: boolean;
  readonly #members: Uint8Array[] = [];
  readonly #tar: Uint8Array[] = [];
  #open: Uint8Array[] = [];
  length = 0;

  constructor(compress: (bytes: Uint8Array) => Uint8Array, isTogether: boolean) {
    this.#compress = compress;
    this.#isTogether = isTogether;
  }

  get inner(): number {
    return Buffer.concat(this.#open).length;
  }

  add(bytes: Uint8Array): void {
    this.#open.push(bytes);
    this.#tar.push(bytes);
  }

  /** Begins a piece, if not all is to be in one. */
  cut(): void {
    if (!this.#isTogether) this.end();
  }

  end(): void {
    const bytes = Buffer.concat(this.#open);
    this.#open = [];
    if (bytes.length === 0) return;
    const member = this.#compress(bytes);
    this.#members.push(member);
    this.length += member.length;
  }

  layer(end: readonly Uint8Array[]): TestLayer {
    const tar = bytesContent(Buffer.concat(this.#tar));
    return { tar, blob: bytesContent(Buffer.concat([...this.#members, ...end])) };
  }
}

async function writeFiles(
  out: Members,
  files: readonly SeekableFile[],
  { chunkSize = Infinity }: SeekableOptions,
): Promise<TocRecord[]> {
  const records: TocRecord[] = [];
  for (const file of files) {
    const content = Buffer.from(file.content ?? '');
    out.add((await tarOf([file])).subarray(0, BLOCK));
    const chunks: TocRecord[] = [];
    for (let at = 0; at < content.length; at += chunkSize) {
      out.cut();
      const bytes = content.subarray(at, at + chunkSize);
      const isLast = at + chunkSize >= content.length;
      chunks.push({
        offset: out.length,
        ...(out.inner === 0 ? {} : { innerOffset: out.inner }),
        ...(at === 0 ? {} : { chunkOffset: at }),
        ...(isLast ? {} : { chunkSize: bytes.length }),
        chunkDigest: sha256(bytes),
      });
      out.add(bytes);
    }
    if (content.length > 0) out.cut();
    out.add(Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK));
    const [first, ...others] = chunks;
    records.push({ ...recordOf(file, content), ...first });
    records.push(...others.map((chunk) => ({ type: 'chunk', name: file.name, ...chunk })));
  }
  return records;
}

const TYPES: Readonly<Record<string, string>> = {
  file: 'reg',
  directory: 'dir',
  symlink: 'symlink',
  link: 'hardlink',
};

function recordOf({ name, type = 'file', ...file }: SeekableFile, content: Buffer): TocRecord {
  return {
    name,
    type: TYPES[type] ?? type,
    mode: file.mode ?? (type === 'directory' ? 0o755 : 0o644),
    ...(content.length === 0 ? {} : { size: content.length, digest: sha256(content) }),
    ...(file.linkname === undefined ? {} : { linkName: file.linkname }),
    ...(file.mtime === undefined ? {} : { modtime: file.mtime.toISOString() }),
    uid: file.uid ?? 0,
    gid: file.gid ?? 0,
  };
}

function tocOf(records: TocRecord[], { edit }: SeekableOptions): Buffer {
  edit?.(records);
  return Buffer.from(JSON.stringify({ version: 1, entries: records }));
}

async function tarOf(files: readonly SeekableFile[]): Promise<Buffer> {
  const archive = pack();
  for (const { content = '', ...header } of files)
    archive.entry({ mtime: new Date(0), ...header }, Buffer.from(content));
  archive.finalize();
  return buffer(archive);
}

/** A frame of raw blocks (RFC 8878, 3.1.1). */
function zstdFrame(bytes: Uint8Array): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(bytes.length));
  // Magic number; size in eight bytes and no window.
  const parts: Uint8Array[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0]), size];
  const step = 128 * 1024;
  for (let at = 0; at === 0 || at < bytes.length; at += step) {
    const block = bytes.subarray(at, at + step);
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (at + step >= bytes.length ? 1 : 0), 0, 3);
    parts.push(header, block);
  }
  return Buffer.concat(parts);
}

function skippable(bytes: Uint8Array): Buffer {
  const header = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
  header.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}
