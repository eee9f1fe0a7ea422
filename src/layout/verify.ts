/** Finds what is wrong in a store, beside anything else that runs. */

import { createLimit } from '../content/limit.js';
import type { CallOptions } from '../content/types.js';
import { hasCode } from '../errors.js';
import type { Digest } from '../spec/digest.js';
import { cleanText } from '../spec/text.js';
import { reach, requireAll } from './graph.js';
import { isSameEntry, type Entry } from './index-file.js';
import type { Layout } from './layout.js';

/** Blobs and images that are looked at once: while one is hashed, Node's four threads read others. */
const CONCURRENCY = 4;

export interface VerifyOptions extends CallOptions {
  /** Removes blobs that are wrong, so that the next pull fetches them. Default false. */
  readonly repair?: boolean | undefined;
  /** Called after each blob with the bytes hashed so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

interface Problem {
  /** The digest of a blob, or the name of an image. */
  readonly subject: string;
  /** What is wrong, without a full stop; safe to print. */
  readonly problem: string;
}

export interface VerifyReport {
  /** Number of blobs. */
  readonly checked: number;
  /** Bytes hashed. */
  readonly bytes: number;
  /** Empty when all is well. */
  readonly problems: readonly Problem[];
}

/**
 * Hashes every blob and looks whether every name is complete. What is right is believed from now on, what is wrong no
 * longer. Throws STORE_CORRUPT when index.json can't be read, DISK_ERROR.
 */
export async function verifyLayout(layout: Layout, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { blobs } = layout.parts;
  let bytes = 0;
  const digests = await blobs.list();
  const wrong = await findProblems(digests, async (digest) => {
    const { problem, ...checked } = await checkBlob(layout, digest, options);
    bytes += checked.bytes;
    options.onProgress?.(bytes);
    return problem === undefined ? undefined : { subject: digest, problem };
  });
  const incomplete = await findProblems(await layout.entries(), (entry) =>
    checkEntry(layout, entry, options),
  );
  return { checked: digests.length, bytes, problems: [...wrong, ...incomplete] };
}

/** In the order of the items. */
async function findProblems<T>(
  items: readonly T[],
  check: (item: T) => Promise<Problem | undefined>,
): Promise<readonly Problem[]> {
  const limit = createLimit(CONCURRENCY);
  const found = await Promise.all(items.map((item) => limit(() => check(item))));
  return found.filter((problem) => problem !== undefined);
}

async function checkBlob(
  layout: Layout,
  digest: Digest,
  { repair = false, signal }: VerifyOptions,
): Promise<{ readonly bytes: number; readonly problem?: string }> {
  const { blobs } = layout.parts;
  const stats = await blobs.look(digest);
  // Somebody removed it meanwhile.
  if (stats === undefined) return { bytes: 0 };
  const { size } = stats;
  const isRight = await blobs.has({ mediaType: '', digest, size }, { distrust: true, signal });
  const now = isRight ? undefined : await blobs.look(digest);
  if (now === undefined) return { bytes: size };
  // A pull beside us has put another file in its place.
  if (now.ino !== stats.ino) return checkBlob(layout, digest, { repair, signal });
  if (repair && !stats.isDirectory()) await blobs.remove(digest);
  return {
    bytes: size,
    problem: stats.isFile() ? 'its bytes do not match its digest' : 'is not a regular file',
  };
}

async function checkEntry(
  layout: Layout,
  entry: Entry,
  { signal }: CallOptions,
): Promise<Problem | undefined> {
  const problem = await whatIsMissing(layout, entry, { signal });
  // An image that was removed while we looked has no problem any more.
  if (problem === undefined || !(await isStillThere(layout, entry))) return undefined;
  return { subject: cleanText(entry.name ?? entry.descriptor.digest), problem };
}

async function isStillThere(layout: Layout, entry: Entry): Promise<boolean> {
  const entries = await layout.entries();
  // While nothing changes the index they are the very same.
  return entries.includes(entry) || entries.some((other) => isSameEntry(other, entry));
}

async function whatIsMissing(
  layout: Layout,
  { descriptor }: Entry,
  options: CallOptions,
): Promise<string | undefined> {
  try {
    await requireAll(reach(layout, [descriptor], options), {
      of: descriptor,
      // What was hashed just now is believed, at a glance.
      isThere: async (node) =>
        (await layout.parts.blobs.isBelieved(node)) || (await layout.has(node, options)),
    });
    return undefined;
  } catch (error) {
    if (!hasCode(error, 'INCOMPLETE', 'STORE_CORRUPT', 'INVALID_MANIFEST', 'UNSUPPORTED', 'TOO_LARGE'))
      throw error;
    return error.message;
  }
}
