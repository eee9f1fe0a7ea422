/** The manifests of one repository: resolve, read, ask for and put. */

import { contentOf, readContent } from '../../content/read.js';
import type {
  CallOptions,
  Content,
  HasOptions,
  Outcome,
  PutOptions,
  ResolveOptions,
  Sink,
  Source,
} from '../../content/types.js';
import { hasCode, RegError } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { isDigest, shortDigest, type Digest } from '../../spec/digest.js';
import { MAX_MANIFEST_SIZE, parseManifest } from '../../spec/manifest.js';
import { MANIFEST_ACCEPT } from '../../spec/media-type.js';
import { describeReferrer } from '../../spec/referrer.js';
import { quoteText } from '../../spec/text.js';
import { describeByHeaders, type FetchedManifest } from './answer.js';
import { checkedName, fetchManifest, putManifest } from './wire.js';
import { listReferrers } from './referrers.js';
import { ReferrersTags } from './referrers-tag.js';
import { RecentManifests } from './recent.js';
import {
  contradicts,
  manifestTarget,
  nameIn,
  notFound,
  pullScopes,
  pushScopes,
  repositoryNotFound,
  type Repository,
} from '../repository.js';
import type { Scope } from '../transport.js';

/** Statuses of a HEAD that a GET would be answered with, too. */
const SAME_FOR_GET: ReadonlySet<number> = new Set([401, 408, 429]);

export class Manifests implements Source, Sink {
  readonly #repository: Repository;
  readonly #recent = new RecentManifests();
  /** What tags and digests stand for by what `has` was told: it is not asked for again by the put that follows. */
  readonly #told = new Map<string, Digest | undefined>();
  /** What was found or put here. */
  readonly #held = new Set<Digest>();
  readonly #referrers: ReferrersTags;

  constructor(repository: Repository) {
    this.#repository = repository;
    this.#referrers = new ReferrersTags(repository);
  }

  /** One HEAD where the server does it right, else a GET. Throws NOT_FOUND and what reading a manifest throws. */
  async resolve(name: string, { toRead = false, ...options }: ResolveOptions = {}): Promise<Descriptor> {
    if (toRead) return (await this.#fetch(name, options)).descriptor;
    const head = await this.#head(name, { ...options, scopes: pullScopes(this.#repository) });
    const isAnswer = head !== undefined && (!isDigest(name) || head.digest === name);
    return isAnswer ? head : (await this.#fetch(name, options)).descriptor;
  }

  /** No I/O; opening fetches the whole manifest, unless it was fetched just now. */
  get(descriptor: Descriptor): Content {
    return {
      descriptor,
      open: async ({ from, to, signal } = {}) => {
        const { digest } = descriptor;
        const fetched = this.#recent.get(digest) ?? (await this.#fetch(digest, { signal }));
        this.#refuseOtherType(fetched, descriptor);
        return contentOf(descriptor, fetched.bytes).open({ from, to });
      },
    };
  }

  /** One HEAD: by the tag where there is one, as that alone answers whether anything is to be done. */
  async has({ digest }: Descriptor, { tag, ...options }: HasOptions = {}): Promise<boolean> {
    const found = await (tag === undefined ? this.#find(digest, options) : this.#current(tag, options));
    this.#told.set(tag ?? digest, found);
    if (found === digest) this.#held.add(digest);
    return found === digest || (tag !== undefined && this.#held.has(digest));
  }

  async #find(digest: Digest, { signal, soon }: HasOptions): Promise<Digest | undefined> {
    const answer = await this.#repository.transport.send({
      method: 'HEAD',
      target: manifestTarget(this.#repository, digest),
      scopes: pushScopes(this.#repository),
      headers: { accept: MANIFEST_ACCEPT },
      expect: [200, 404, 405],
      signal,
      soon,
    });
    await answer.discard();
    return answer.status === 200 && !contradicts(answer, digest) ? digest : undefined;
  }

  async #current(name: string, options: HasOptions): Promise<Digest | undefined> {
    return (await this.#head(name, { ...options, scopes: pushScopes(this.#repository) }))?.digest;
  }

  async put(content: Content, { tag, fresh = false, signal }: PutOptions = {}): Promise<Outcome> {
    const { descriptor } = content;
    const name = tag ?? descriptor.digest;
    const isThere = !fresh && (await this.#isCurrent(name, descriptor, signal));
    if (isThere && tag !== undefined) return 'exists';
    const bytes = await readContent(content, { cap: MAX_MANIFEST_SIZE, signal });
    if (isThere && (await this.#isListed(descriptor, bytes, { signal }))) return 'exists';
    const answer = await putManifest(this.#repository, { name, descriptor, bytes, signal });
    this.#held.add(descriptor.digest);
    if (answer.header('oci-subject') === undefined) await this.#listReferrer(descriptor, bytes, { signal });
    return 'written';
  }

  /** Without that header the registry keeps no list of referrers: then it is the client's to keep. */
  async #listReferrer(descriptor: Descriptor, bytes: Uint8Array, options: CallOptions): Promise<void> {
    const manifest = parseManifest(bytes, descriptor.mediaType);
    const subject = manifest.subject?.digest;
    if (subject === undefined) return;
    const referrer = describeReferrer(descriptor, manifest);
    await this.#referrers.add(referrer, { ...options, subject });
  }

  /** Whoever put a referrer there may have come no further: without the list nobody finds it. */
  async #isListed(descriptor: Descriptor, bytes: Uint8Array, options: CallOptions): Promise<boolean> {
    const subject = subjectIn(descriptor, bytes);
    if (subject === undefined) return true;
    const referrers = await listReferrers(this.#repository, { ...options, subject });
    return referrers.some(({ digest }) => digest === descriptor.digest);
  }

  /** See `Registry.unlistReferrer`. */
  unlistReferrer(referrer: Digest, options: CallOptions & { readonly subject: Digest }): Promise<void> {
    return this.#referrers.remove(referrer, options);
  }

  async #isCurrent(name: string, { digest }: Descriptor, signal: AbortSignal | undefined): Promise<boolean> {
    const told = this.#told.get(name);
    const wasTold = this.#told.delete(name);
    return (wasTold ? told : await this.#current(name, { signal })) === digest;
  }

  async #head(
    name: string,
    { scopes, signal, soon }: HasOptions & { readonly scopes: readonly Scope[] },
  ): Promise<Descriptor | undefined> {
    try {
      const answer = await this.#repository.transport.send({
        method: 'HEAD',
        target: manifestTarget(this.#repository, checkedName(name)),
        scopes,
        headers: { accept: MANIFEST_ACCEPT, 'accept-encoding': 'identity' },
        expect: [200],
        signal,
        soon,
      });
      await answer.discard();
      return describeByHeaders(answer);
    } catch (error) {
      if (error instanceof RegError && getExplains(error.context.status)) return undefined;
      throw error;
    }
  }

  async #fetch(name: string, options: ResolveOptions): Promise<FetchedManifest> {
    try {
      const fetched = await fetchManifest(this.#repository, name, options);
      this.#recent.add(fetched);
      return fetched;
    } catch (error) {
      if (!hasCode(error, 'NOT_FOUND')) throw error;
      throw explainMissing(this.#repository, name, error);
    }
  }

  /** Refuses a manifest that the server takes for something else than its parent does (CVE-2021-41190). */
  #refuseOtherType({ descriptor: found }: FetchedManifest, { digest, mediaType }: Descriptor): void {
    if (found.mediaType === mediaType) return;
    const said = `${quoteText(found.mediaType)}, not ${quoteText(mediaType)}`;
    const what = `manifest ${nameIn(this.#repository, digest)} came as ${said}`;
    throw new RegError('INVALID_MANIFEST', what, { digest });
  }
}

/**
 * Whether behind a HEAD of this status a GET may still succeed, or at least say why not: a HEAD has no body. (ECR answers
 * 400, old Nexus 404, and containerd repeats a 403 for its reason.)
 */
function getExplains(status = 0): boolean {
  return status === 501 || (status >= 400 && status < 500 && !SAME_FOR_GET.has(status));
}

function explainMissing(repository: Repository, name: string, error: RegError): RegError {
  const isRepository = error.context.wireErrors?.some(({ code }) => code === 'NAME_UNKNOWN') ?? false;
  if (isRepository) return repositoryNotFound(repository, error);
  const [what, kind] = isDigest(name) ? [`manifest ${shortDigest(name)}`, 'digest'] : ['manifest', 'tag'];
  const hint = `Check the ${kind}, or run "reg tags ${repository.host}/${repository.path}".`;
  // Whoever asked for a tag has named it: pull, inspect and all others begin with it.
  return notFound(error, what, hint);
}

/** None in what we can't read: that is copied as it is. */
function subjectIn({ mediaType }: Descriptor, bytes: Uint8Array): Digest | undefined {
  try {
    return parseManifest(bytes, mediaType).subject?.digest;
  } catch (error) {
    if (hasCode(error, 'INVALID_MANIFEST', 'UNSUPPORTED')) return undefined;
    throw error;
  }
}
