/** When the images behind tags were made. */

import { createLimit } from '../../content/limit.js';
import { readManifest } from '../../content/read.js';
import type { CallOptions, Source } from '../../content/types.js';
import { hasCode, type RegError } from '../../errors.js';
import { CREATED } from '../../spec/annotation.js';
import { isAttestation } from '../../spec/attestation.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { readImageConfig } from '../image-config.js';

export interface DatedTag {
  readonly tag: string;
  /** Null where nobody can say. */
  readonly digest: Digest | null;
  /** RFC 3339; null where nobody says. */
  readonly created: string | null;
}

export interface ReadDatesOptions extends CallOptions {
  readonly source: Source;
  /** Told of each tag whose image cannot be read. */
  readonly onUnreadable?: ((tag: string, reason: RegError) => void) | undefined;
}

/** Tags that are asked for at once. */
const CONCURRENCY = 8;

/**
 * In the order of `tags`. Costs a manifest for each and, where that does not say it, a config; of an index one manifest
 * more. Throws what keeps all of them from being read.
 */
export async function readDates(
  tags: readonly string[],
  options: ReadDatesOptions,
): Promise<readonly DatedTag[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const limit = createLimit(CONCURRENCY);
  try {
    return await Promise.all(tags.map((tag) => limit(() => readDate(tag, { ...options, signal }))));
  } finally {
    stop.abort();
  }
}

async function readDate(tag: string, options: ReadDatesOptions): Promise<DatedTag> {
  const { source, signal, onUnreadable } = options;
  try {
    const root = await source.resolve(tag, { signal, toRead: true });
    return { tag, digest: root.digest, created: asDate(await dateOf(root, options)) };
  } catch (error) {
    // What is wrong with one image says nothing of the others; what is wrong with the way to them does.
    if (!hasCode(error, 'NOT_FOUND', 'UNSUPPORTED', 'TOO_LARGE', ...WRONG_BYTES)) throw error;
    onUnreadable?.(tag, error);
    return { tag, digest: null, created: null };
  }
}

const WRONG_BYTES = ['INVALID_MANIFEST', 'INVALID_REFERENCE', 'DIGEST_MISMATCH', 'SIZE_MISMATCH'] as const;

/** What the manifest says, or its config; of an index, or the first image of it. */
async function dateOf(root: Descriptor, { source, signal }: ReadDatesOptions): Promise<string | undefined> {
  const top = await readManifest(source, root, { signal });
  const early = top.annotations?.[CREATED];
  if (early !== undefined) return early;
  const first = top.kind === 'index' ? top.manifests.find((entry) => !isAttestation(entry)) : undefined;
  const manifest = first === undefined ? top : await readManifest(source, first, { signal });
  const said = manifest.annotations?.[CREATED];
  if (said !== undefined || manifest.kind === 'index') return said;
  return (await readImageConfig(source, manifest, { signal })).created;
}

function asDate(text: string | undefined): string | null {
  return text === undefined || Number.isNaN(Date.parse(text)) ? null : text;
}
