/** Reads a layer from end to end, since that is the only way to know what is in it, and that it is what it should be. */

import type { CallOptions, Content } from '../../content/types.js';
import { hashed } from '../../content/verify.js';
import type { Held, Holder } from '../../disk/holder.js';
import { RegError } from '../../errors.js';
import { shortDigest, Digester, type Digest } from '../../spec/digest.js';
import { layerEntries, type Placed } from '../../tar/layer.js';
import { Quota } from '../../tar/quota.js';

/** Most bytes that are kept of files which links may turn out to lead to. */
const MAX_GUESSED = 64 * 1024 * 1024;

/** Files up to so many bytes are kept whatever their names: as a rule the one that is wanted is a setting or a script. */
const SMALL = 64 * 1024;

export interface ScanOptions extends CallOptions {
  readonly holder: Holder;
  readonly quota: Quota;
  /** Paths of files whose content is likely to be wanted next: kept, with what links may lead to. Default: none. */
  readonly wanted?: readonly string[] | undefined;
  /** Whether to hash the content of each file. Default false. */
  readonly needsDigests?: boolean | undefined;
}

interface ScannedEntry extends Placed {
  /** Of the content of a file, where that was asked for. */
  readonly digest?: Digest | undefined;
}

interface ScannedLayer {
  readonly entries: readonly ScannedEntry[];
  /** The content of files that are wanted, by their position among the entries. */
  readonly kept: ReadonlyMap<number, Held>;
}

/**
 * The entries of a layer. The first entry by a name need not be the last, and that one counts; nor is any byte good
 * before the last one was hashed: so nothing is ever known before the end.
 */
export async function scanLayer(content: Content, options: ScanOptions): Promise<ScannedLayer> {
  const entries: ScannedEntry[] = [];
  const kept = new Map<number, Held>();
  const isWanted = wantedBy(options);
  for await (const { content: bytes, ...entry } of layerEntries(content, options)) {
    const isFile = entry.type === 'file' && entry.whiteout === undefined;
    const digester = isFile && options.needsDigests === true ? new Digester() : undefined;
    const chunks = digester === undefined ? bytes : hashed(bytes, digester);
    if (isFile && isWanted(entry)) kept.set(entries.length, await options.holder.hold(chunks));
    else if (digester !== undefined) await drain(chunks);
    entries.push(digester === undefined ? entry : { ...entry, digest: digester.digest() });
  }
  return { entries, kept };
}

/** The content of the entry at `position`, by reading the layer once more: nobody had thought that it would be wanted. */
export async function readAgain(
  content: Content,
  { position, holder, signal }: CallOptions & { readonly position: number; readonly holder: Holder },
): Promise<Held> {
  let at = 0;
  let held: Held | undefined;
  // What was within bounds the first time is within them again.
  const quota = new Quota({ maxBytes: Number.MAX_SAFE_INTEGER });
  for await (const entry of layerEntries(content, { quota, signal })) {
    if (at === position) held = await holder.hold(entry.content);
    at += 1;
  }
  if (held !== undefined) return held;
  const { digest } = content.descriptor;
  throw new RegError('DIGEST_MISMATCH', `layer ${shortDigest(digest)} changed while it was read`, { digest });
}

function wantedBy({ wanted = [] }: ScanOptions): (entry: Placed) => boolean {
  const names = new Set(wanted.map(lastName));
  let left = wanted.length === 0 ? 0 : MAX_GUESSED;
  return ({ path, size }) => {
    if (wanted.includes(path)) return true;
    if (size > left || (size > SMALL && !names.has(lastName(path)))) return false;
    left -= size;
    return wanted.length > 0;
  };
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}
