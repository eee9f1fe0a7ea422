import { createHash } from 'node:crypto';

/** Bytes of a known digest and length that can be read again and again, from any place, without being in memory. */
export interface TestContent {
  /** `sha256:<hex>`. */
  readonly digest: string;
  /** Length in bytes. */
  readonly size: number;
  /** The first byte yielded is byte `from`. Default: 0. */
  readonly open: (from?: number) => AsyncIterable<Uint8Array>;
}

/** The digest of bytes: `sha256:<hex>`. */
export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Content that is in memory. */
export function bytesContent(bytes: Uint8Array): TestContent {
  return {
    digest: sha256(bytes),
    size: bytes.length,
    open: async function* (from = 0) {
      yield bytes.subarray(from);
    },
  };
}

const BLOCK = 1024 * 1024;

/**
 * Large content that is made up while it is read: no two megabytes are alike, gzip gains nothing, and the same
 * size and seed always give the same bytes. Its digest costs one reading of it (about a second a gigabyte).
 */
export function patternContent(size: number, seed: number): Promise<TestContent> {
  const random = randomBlock(seed);
  return streamedContent(size, async function* (from = 0) {
    for (let at = from; at < size; at = Math.min(size, nextBlock(at))) {
      const block = Buffer.from(random);
      block.writeUInt32LE(Math.floor(at / BLOCK));
      yield block.subarray(at % BLOCK, Math.min(BLOCK, (at % BLOCK) + size - at));
    }
  });
}

/** Content from a function that can produce it; it is read once to find the digest. */
export async function streamedContent(size: number, open: TestContent['open']): Promise<TestContent> {
  const hash = createHash('sha256');
  for await (const chunk of open()) hash.update(chunk);
  return { digest: `sha256:${hash.digest('hex')}`, size, open };
}

function nextBlock(at: number): number {
  return (Math.floor(at / BLOCK) + 1) * BLOCK;
}

/** Marsaglia's xorshift: quick, and the same everywhere. */
function randomBlock(seed: number): Uint8Array {
  const words = new Uint32Array(BLOCK / 4);
  let state = (seed * 2_654_435_761 + 1) >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer);
}
