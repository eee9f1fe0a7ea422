/**
 * Keeps the list of what refers to a manifest where the registry does not (distribution-spec 1.1, "Pushing Manifests
 * with Subject", "Deleting Manifests" and "Referrers Tag Schema"): an index under a tag made of the subject's digest.
 *
 *     read ──▶ is it as it should be? ──yes──▶ done
 *      ▲              │ no
 *      └─── wait ◀── write, if nobody else has since (where the registry looks at that)
 */

import { createLimit } from '../../content/limit.js';
import { Patience, type RetryPolicy } from '../../content/retry.js';
import type { CallOptions } from '../../content/types.js';
import { hasCode, RegError } from '../../errors.js';
import { describe, type Descriptor } from '../../spec/descriptor.js';
import { algorithmOf, hexOf, shortDigest, type Digest } from '../../spec/digest.js';
import { parseJsonObject } from '../../spec/json.js';
import { parseManifest } from '../../spec/manifest.js';
import { MANIFEST_ACCEPT, OCI_INDEX } from '../../spec/media-type.js';
import { fetchManifest, putManifest } from './wire.js';
import { manifestTarget, pushScopes, type Repository } from '../repository.js';

/** Until what others overwrite stays. */
const LIST_POLICY: RetryPolicy = { tries: 10, minWaitMs: 50, maxWaitMs: 2000, maxAskedMs: 0 };

/** Shortest and longest wait before a list is read again, in milliseconds. */
const MIN_WAIT_MS = 50;
const MAX_WAIT_MS = 2000;

interface ListOptions extends CallOptions {
  readonly subject: Digest;
}

/** The lists of one repository. */
export class ReferrersTags {
  readonly #repository: Repository;
  /** Lists are read, changed and written: one after the other. */
  readonly #inTurn = createLimit(1);

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /**
   * Adds `referrer` to the list of the subject, unless it stands there. Throws SERVER_ERROR when others undo it again and
   * again.
   */
  add(referrer: Descriptor, options: ListOptions): Promise<void> {
    return this.#settle(options, (entries) =>
      find(entries, referrer.digest) === undefined
        ? [...entries, { descriptor: referrer, raw: referrer }]
        : undefined,
    );
  }

  /** Takes `referrer` off the list of the subject, where there is one that has it. Throws as `add`. */
  remove(referrer: Digest, options: ListOptions): Promise<void> {
    return this.#settle(options, (entries) =>
      find(entries, referrer) === undefined
        ? undefined
        : entries.filter(({ descriptor }) => descriptor.digest !== referrer),
    );
  }

  #settle(options: ListOptions, change: Change): Promise<void> {
    return this.#inTurn(() => settle(this.#repository, change, options));
  }
}

/** The list of the subject, empty where nobody keeps one. Throws what the registry throws. */
export async function readReferrersTag(
  repository: Repository,
  { subject, ...options }: ListOptions,
): Promise<readonly Descriptor[]> {
  const { entries } = await readList(repository, referrersTag(subject), options);
  return entries.map(({ descriptor }) => descriptor);
}

/** One referrer, as it is understood and as it was written. */
interface Entry {
  readonly descriptor: Descriptor;
  readonly raw: unknown;
}

interface List {
  readonly entries: readonly Entry[];
  readonly etag?: string | undefined;
}

/** What the list should be instead; undefined when it is as it should be. */
type Change = (entries: readonly Entry[]) => readonly Entry[] | undefined;

/**
 * Two who read the same list overwrite each other, and few registries look at the condition that a push may have. So the
 * list is read again when whoever read it before this write is likely to have written, too: who is several times slower
 * than us may still take off what we added.
 */
async function settle(
  repository: Repository,
  change: Change,
  { subject, signal }: ListOptions,
): Promise<void> {
  const { clock } = repository.retry;
  const patience = new Patience({ clock, policy: LIST_POLICY, signal });
  const tag = referrersTag(subject);
  for (;;) {
    const start = clock.now();
    const list = await readList(repository, tag, { signal });
    const entries = change(list.entries);
    if (entries === undefined) return;
    await writeList(repository, { tag, entries, ifMatch: list.etag }, { signal });
    await clock.sleep(Math.min(MAX_WAIT_MS, MIN_WAIT_MS + 2 * (clock.now() - start)), signal);
    const after = await readList(repository, tag, { signal });
    if (change(after.entries) === undefined) return;
    await patience.again(overwritten(repository, subject));
  }
}

function overwritten({ host, path }: Repository, subject: Digest): RegError {
  const list = `the list of what refers to ${shortDigest(subject)} in ${host}/${path}`;
  return new RegError('SERVER_ERROR', `${list} was overwritten by others again and again`, {
    hint: 'Run the same command again.',
  });
}

/** The algorithm cut to 32 characters, the digits to 64. */
function referrersTag(subject: Digest): string {
  return `${algorithmOf(subject)}-${hexOf(subject).slice(0, 64)}`;
}

async function readList(repository: Repository, tag: string, options: CallOptions): Promise<List> {
  try {
    const { descriptor, bytes, etag } = await fetchManifest(repository, tag, options);
    const what = `list of referrers ${tag}`;
    const list = parseManifest(bytes, descriptor.mediaType, what);
    if (list.kind !== 'index')
      throw new RegError('INVALID_MANIFEST', `the tag ${tag} is not a list of referrers`);
    const { manifests } = parseJsonObject(bytes, { what });
    const raw: readonly unknown[] = Array.isArray(manifests) ? manifests : [];
    const entries = list.manifests.map((entry, at) => ({ descriptor: entry, raw: raw[at] }));
    // A weak one is equal to none (RFC 9110, 13.1.1).
    return { entries, etag: etag?.startsWith('W/') === true ? undefined : etag };
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return { entries: [] };
    throw error;
  }
}

interface NextList {
  readonly tag: string;
  readonly entries: readonly Entry[];
  readonly ifMatch: string | undefined;
}

/** A registry may refuse a list with what is gone by now (distribution does): that is taken off it then. */
async function writeList(repository: Repository, next: NextList, options: CallOptions): Promise<void> {
  try {
    await putList(repository, next, options);
  } catch (error) {
    if (!hasCode(error, 'INCOMPLETE')) throw error;
    const isThere = await Promise.all(
      next.entries.map(({ descriptor }) => hasManifest(repository, descriptor, options)),
    );
    if (isThere.every(Boolean)) throw error;
    const entries = next.entries.filter((_, at) => isThere[at]);
    await putList(repository, { ...next, entries }, options);
  }
}

async function putList(
  repository: Repository,
  { tag, entries, ifMatch }: NextList,
  { signal }: CallOptions,
): Promise<void> {
  const manifests = entries.map(({ raw }) => raw);
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
  await putManifest(repository, {
    name: tag,
    descriptor: describe(OCI_INDEX, bytes),
    bytes,
    ifMatch,
    signal,
  });
}

async function hasManifest(
  repository: Repository,
  { digest }: Descriptor,
  { signal }: CallOptions,
): Promise<boolean> {
  const answer = await repository.transport.send({
    method: 'HEAD',
    target: manifestTarget(repository, digest),
    scopes: pushScopes(repository),
    headers: { accept: MANIFEST_ACCEPT },
    expect: [200, 404],
    signal,
  });
  await answer.discard();
  return answer.status === 200;
}

function find(entries: readonly Entry[], digest: Digest): Entry | undefined {
  return entries.find(({ descriptor }) => descriptor.digest === digest);
}
