/** Tars written byte by byte, so that every lie can be told. Nothing of `reg` and no library takes part. */

type Bytes = string | Uint8Array;

export interface RawEntry {
  readonly name?: Bytes;
  /** One character; default `0`, a file. */
  readonly flag?: string;
  readonly content?: Bytes;
  /** Linkname. */
  readonly target?: Bytes;
  /** Fields: a number is written in octal, bytes as they are. */
  readonly mode?: number | Bytes;
  readonly uid?: number | Bytes;
  readonly gid?: number | Bytes;
  /** Default: the length of the content. */
  readonly size?: number | Bytes;
  readonly mtime?: number | Bytes;
  readonly device?: readonly [number, number];
  readonly magic?: Bytes;
  readonly prefix?: Bytes;
  /** Default: the right one. */
  readonly checksum?: Bytes;
}

/** A whole tar, with its end mark. */
export function rawTar(entries: readonly RawEntry[]): Buffer {
  return Buffer.concat([...entries.map(rawEntry), Buffer.alloc(1024)]);
}

/** A header and what belongs to it, filled up. */
export function rawEntry(entry: RawEntry): Buffer {
  const content = Buffer.from(entry.content ?? '');
  const block = Buffer.alloc(512);
  const put = (at: number, value: Bytes): void => block.set(Buffer.from(value), at);
  const field = (at: number, length: number, value: number | Bytes): void =>
    put(at, typeof value === 'number' ? `${value.toString(8).padStart(length - 1, '0')}\0` : value);
  put(0, entry.name ?? '');
  field(100, 8, entry.mode ?? 0o644);
  field(108, 8, entry.uid ?? 0);
  field(116, 8, entry.gid ?? 0);
  field(124, 12, entry.size ?? content.length);
  field(136, 12, entry.mtime ?? 0);
  put(156, entry.flag ?? '0');
  put(157, entry.target ?? '');
  put(257, entry.magic ?? 'ustar\x0000');
  field(329, 8, entry.device?.[0] ?? 0);
  field(337, 8, entry.device?.[1] ?? 0);
  put(345, entry.prefix ?? '');
  put(148, entry.checksum ?? checksumOf(block));
  return Buffer.concat([block, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** An extended header with these records; flag `x` for one entry, `g` for all. */
export function pax(records: Readonly<Record<string, Bytes>>, flag: 'x' | 'g' = 'x'): RawEntry {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
    let length = rest.length + 1;
    while (`${length}`.length + rest.length !== length) length += 1;
    return Buffer.concat([Buffer.from(`${length}`), rest]);
  });
  return { name: 'PaxHeaders/x', flag, content: Buffer.concat(lines) };
}

/** GNU tar's header for a long name (`L`) or a long target (`K`). */
export function gnuLong(flag: 'L' | 'K', text: Bytes): RawEntry {
  const content = Buffer.concat([Buffer.from(text), Buffer.alloc(1)]);
  return { name: '././@LongLink', flag, content, magic: 'ustar  \0' };
}

/** A number as GNU tar writes one that is too large for octal digits. */
export function base256(value: bigint, length: number): Buffer {
  const hex = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, '0');
  const bytes = Buffer.from(hex, 'hex');
  bytes[0] = value < 0n ? 0xff : (bytes[0] ?? 0) | 0x80;
  return bytes;
}

function checksumOf(block: Buffer): string {
  const sum = block.reduce((total, byte) => total + byte, 8 * 0x20);
  return `${sum.toString(8).padStart(6, '0')}\0 `;
}
