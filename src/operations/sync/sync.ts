/**
 * `reg sync`: keeps images alike at several places.
 *
 *     file ─▶ entries ─▶ tags that are meant ─▶ destinations of this shard ─▶ what differs is copied
 */

import type { Clock } from '../../content/retry.js';
import { systemClock } from '../../content/system-clock.js';
import { explain, hasCode, RegError } from '../../errors.js';
import type { RegistryClient } from '../../registry/client.js';
import type { Digest } from '../../spec/digest.js';
import { DEFAULT_TAG, familiarName, type Reference } from '../../spec/reference.js';
import { describeNoTags } from '../listing/tags.js';
import { copyImages, type CopyImagesOptions, type CopyResult } from '../transfer/copy-images.js';
import { currentIn } from '../transfer/guarded.js';
import { isInShard, type Shard } from './shard.js';
import type { SyncEntry } from './sync-file.js';

export interface SyncOptions extends Pick<
  CopyImagesOptions,
  'signal' | 'concurrency' | 'onEvent' | 'onNotice' | 'dryRun'
> {
  readonly client: RegistryClient;
  /** Go on after a failure. Default false. */
  readonly keepGoing?: boolean | undefined;
  /** Only what falls to this worker. */
  readonly shard?: Shard | undefined;
  readonly clock?: Clock | undefined;
}

/** What became of one image at one destination. */
export interface SyncResult {
  /** In Docker's short form. */
  readonly source: string;
  readonly destination: string;
  readonly outcome: 'unchanged' | 'copied' | 'would-copy' | 'failed';
  readonly digest?: Digest;
  readonly bytes?: CopyResult['bytes'];
  readonly error?: RegError;
}

type SyncFailure = SyncResult & { readonly error: RegError };

/** Longest that a rate limit is waited for in all, and when it says nothing, in milliseconds. */
const MAX_WAIT_MS = 6 * 60 * 60 * 1000;
const DEFAULT_WAIT_MS = 60 * 1000;

/**
 * Copies what is missing or differs, one image after the other; yields what became of each. Waits where a registry says
 * that it was asked too often. Throws the first failure, unless it is told to go on.
 */
export async function* sync(entries: readonly SyncEntry[], options: SyncOptions): AsyncGenerator<SyncResult> {
  for (const entry of entries) {
    const destinations = entry.destinations.filter(
      (destination) => options.shard === undefined || isInShard(destination, options.shard),
    );
    if (destinations.length > 0) yield* syncEntry({ ...entry, destinations }, options);
  }
}

async function* syncEntry(entry: SyncEntry, options: SyncOptions): AsyncGenerator<SyncResult> {
  const sources = await imagesOf(entry, options);
  const images = 'error' in sources ? [] : sources;
  if ('error' in sources) yield sources;
  for (const source of images)
    for (const destination of entry.destinations) {
      const to = { ...destination, tag: destination.tag ?? source.tag ?? DEFAULT_TAG };
      yield kept(source, to, { ...options, entry });
    }
}

/** The images that are meant, or why nobody can say. */
async function imagesOf(
  { source, tags: wanted, isMeant }: SyncEntry,
  options: SyncOptions,
): Promise<readonly Reference[] | SyncFailure> {
  const { domain, path, tag, digest } = source;
  if (tag !== undefined || digest !== undefined) return [source];
  const name = familiarName(source);
  try {
    const tags = (await patiently(() => allTags(source, options), options)).filter(isMeant);
    if (tags.length === 0) options.onNotice?.({ type: 'warning', message: describeNoTags(source, wanted) });
    return tags.map((one) => ({ domain, path, tag: one }));
  } catch (error) {
    const told = explain(error, `cannot list the tags of ${name}`);
    return failed({ source: name, destination: '' }, told, options);
  }
}

async function allTags(
  { domain, path }: Reference,
  { client, signal }: SyncOptions,
): Promise<readonly string[]> {
  const tags: string[] = [];
  for await (const tag of client.repository(domain, path).tags({ signal })) tags.push(tag);
  return tags;
}

interface Keeping extends SyncOptions {
  readonly entry: SyncEntry;
}

async function kept(from: Reference, to: Reference, options: Keeping): Promise<SyncResult> {
  const names = { source: familiarName(from), destination: familiarName(to) };
  try {
    return { ...names, ...(await patiently(() => keep(from, to, options), options)) };
  } catch (error) {
    return failed(names, error, options);
  }
}

async function keep(
  from: Reference,
  to: Reference,
  { client, entry, signal, ...options }: Keeping,
): Promise<Pick<SyncResult, 'outcome' | 'digest' | 'bytes'>> {
  const { platforms, referrers } = entry;
  const isWhole = platforms.length === 0 && !referrers;
  if (isWhole) {
    const wanted = await client
      .repository(from.domain, from.path)
      .resolve(from.digest ?? from.tag ?? '', { signal });
    const current = await currentIn(client.repository(to.domain, to.path))(to.tag ?? '', { signal });
    if (current?.digest === wanted.digest) return { outcome: 'unchanged', digest: wanted.digest };
  }
  const [result] = await copyImages([familiarName(from)], familiarName(to), {
    ...options,
    client,
    signal,
    referrers,
    platforms: platforms.length === 0 ? undefined : platforms,
  });
  if (result === undefined) return { outcome: 'unchanged' };
  const { digest, bytes } = result;
  const isChanged = bytes.written + bytes.mounted > 0;
  const outcome = !isChanged ? 'unchanged' : options.dryRun === true ? 'would-copy' : 'copied';
  return { outcome, digest, bytes };
}

function failed(
  names: Pick<SyncResult, 'source' | 'destination'>,
  error: unknown,
  { keepGoing = false }: SyncOptions,
): SyncFailure {
  if (!keepGoing || !(error instanceof RegError) || hasCode(error, 'ABORTED')) throw error;
  return { ...names, outcome: 'failed', error };
}

/** Rate limits pass; anything else that a request does not get over by itself does not. */
async function patiently<T>(
  task: () => Promise<T>,
  { clock = systemClock, signal, onNotice }: SyncOptions,
): Promise<T> {
  for (let waitedMs = 0; ;) {
    try {
      return await task();
    } catch (error) {
      if (!hasCode(error, 'RATE_LIMITED')) throw error;
      const waitMs = error.context.retryAfterMs ?? DEFAULT_WAIT_MS;
      waitedMs += waitMs;
      if (waitedMs > MAX_WAIT_MS) throw error;
      const seconds = Math.ceil(waitMs / 1000);
      onNotice?.({ type: 'warning', message: `${error.message}; waiting ${seconds} s before going on` });
      await clock.sleep(waitMs, signal);
    }
  }
}
