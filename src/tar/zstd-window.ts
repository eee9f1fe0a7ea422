/**
 * Walks over the frames of a zstd stream (RFC 8878, 3.1) for what their headers ask for, without unpacking them: a
 * window is memory, and a header of six bytes can ask for gigabytes.
 *
 *     magic │ what follows │ window │ dictionary │ size ║ block │ block │ … │ checksum ║ magic │ …
 */

import { RegError } from '../errors.js';

/** In bytes; what the zstd program itself allows unless it is told otherwise (its `ZSTD_WINDOWLOG_LIMIT_DEFAULT`). */
const MAX_WINDOW = 128 * 1024 * 1024;

/** In bytes, of the frames that begin in what is unpacked at once. */
const MAX_SUM = 2 * MAX_WINDOW;

const MAGIC = 0xfd2fb528;
/** The last four bits are free. */
const SKIPPABLE_MAGIC = 0x184d2a50;

/**
 * A check to be called with all bytes of a stream, in order and a few at a time: throws UNSAFE_ARCHIVE, before they are
 * unpacked, for a header that asks for a window of over 128 MiB, and for headers that together ask for over 256. Each frame
 * gets a window of its own, what is unpacked at once is in memory at once, and hundreds of frames fit in two kilobytes.
 */
export function createWindowCheck(what: string): (bytes: Uint8Array) => void {
  const walk = new FrameWalk();
  return (bytes) => {
    const { widest, sum } = walk.windowsIn(bytes);
    if (widest <= MAX_WINDOW && sum <= MAX_SUM) return;
    const limits = `needs ${sum} bytes of memory to unpack; at most ${MAX_WINDOW} are given to a frame`;
    throw new RegError('UNSAFE_ARCHIVE', `${what} ${limits}`, {
      hint: 'If you trust it, unpack it with "zstd -d --memory=2048MB" first.',
    });
  };
}

/** Where in a stream we are. Bytes that make no sense end the walk: whoever unpacks them will say so. */
class FrameWalk {
  /** Of the header that is being read. */
  #head: number[] = [];
  #isInFrame = false;
  /** Bytes that follow the last block. */
  #checksumSize = 0;
  /** Bytes to pass over before the next header. */
  #rest = 0;

  /** The windows that headers which end in `chunk` ask for, in bytes. */
  windowsIn(chunk: Uint8Array): { readonly widest: number; readonly sum: number } {
    let widest = 0;
    let sum = 0;
    for (let at = 0; at < chunk.byteLength;) {
      const passed = Math.min(this.#rest, chunk.byteLength - at);
      this.#rest -= passed;
      at += passed;
      const byte = chunk[at++];
      if (byte === undefined) break;
      this.#head.push(byte);
      const window = this.#isInFrame ? this.#readBlock() : this.#readFrame();
      widest = Math.max(widest, window);
      sum += window;
    }
    return { widest, sum };
  }

  #readBlock(): number {
    const [first = 0, second = 0, third] = this.#head;
    if (third === undefined) return 0;
    const header = first | (second << 8) | (third << 16);
    const isRepeated = ((header >> 1) & 3) === 1;
    const isLast = (header & 1) === 1;
    this.#isInFrame = !isLast;
    this.#passOver((isRepeated ? 1 : header >>> 3) + (isLast ? this.#checksumSize : 0));
    return 0;
  }

  #readFrame(): number {
    const head = Buffer.from(this.#head);
    if (head.length < 5) return 0;
    const magic = head.readUInt32LE();
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      if (head.length === 8) this.#passOver(head.readUInt32LE(4));
      return 0;
    }
    if (magic !== MAGIC) {
      this.#passOver(Infinity);
      return 0;
    }
    const frame = describeFrame(head[4] ?? 0);
    if (head.length < frame.headerSize) return 0;
    this.#isInFrame = true;
    this.#checksumSize = frame.checksumSize;
    this.#passOver(0);
    return frame.hasWindow
      ? windowOf(head[5] ?? 0)
      : sizeIn(head.subarray(frame.headerSize - frame.sizeSize));
  }

  #passOver(count: number): void {
    this.#head = [];
    this.#rest = count;
  }
}

interface Frame {
  /** False where the whole content is the window. */
  readonly hasWindow: boolean;
  /** Lengths in bytes: of the whole header, of the size of the content in it, of the checksum. */
  readonly headerSize: number;
  readonly sizeSize: number;
  readonly checksumSize: number;
}

/** RFC 8878, 3.1.1.1.1. */
function describeFrame(descriptor: number): Frame {
  const hasWindow = (descriptor & 0x20) === 0;
  const dictionarySize = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeSize = [hasWindow ? 0 : 1, 2, 4, 8][descriptor >> 6] ?? 0;
  return {
    hasWindow,
    sizeSize,
    headerSize: 5 + (hasWindow ? 1 : 0) + dictionarySize + sizeSize,
    checksumSize: (descriptor & 4) === 0 ? 0 : 4,
  };
}

/** RFC 8878, 3.1.1.1.2. */
function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** RFC 8878, 3.1.1.1.4: two bytes count from 256. */
function sizeIn(bytes: Buffer): number {
  if (bytes.length === 8) return Number(bytes.readBigUInt64LE());
  return bytes.readUIntLE(0, bytes.length) + (bytes.length === 2 ? 256 : 0);
}
