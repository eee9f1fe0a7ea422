/** The manifests of one repository: resolve, read, ask for and put. */

import { createLimit } from '../content/limit.js';
import { contentOf, readContent } from '../content/read.js';
import { retry } from '../content/retry.js';
import type {
  CallOptions,
  Content,
  Outcome,
  PutOptions,
  ResolveOptions,
  Sink,
  Source,
} from '../content/types.js';
import { hasCode, RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { isDigest, shortDigest, type Digest } from '../spec/digest.js';
import { MAX_MANIFEST_SIZE, parseManifest } from '../spec/manifest.js';
import { MANIFEST_ACCEPT } from '../spec/media-type.js';
import { quoteText } from '../spec/text.js';
import { describeByHeaders, readManifestAnswer, type FetchedManifest } from './manifest-answer.js';
import { addReferrer, describeReferrer } from './referrers.js';
import { RecentManifests } from './recent-manifests.js';
import {
  contradicts,
  manifestTarget,
  nameIn,
  notFound,
  pullScopes,
  pushScopes,
  repositoryNotFound,
  type Repository,
} from './repository.js';
import type { Scope } from './transport.js';

/** Distribution-spec 1.1, "Pulling manifests". A list of tags from a server may hold anything. */
const TAG = /^\w[\w.-]{0,127}$/;

/** Statuses of a HEAD that a GET would be answered with, too. */
const SAME_FOR_GET: ReadonlySet<number> = new Set([401, 408, 429]);

export class Manifests implements Source, Sink {
  readonly #repository: Repository;
  readonly #recent = new RecentManifests();
  /** Digests that were asked for and were not there: they need not be asked for again before they are put. */
  readonly #missing = new Set<Digest>();
  /** Lists of referrers are read, changed and written: one after the other. */
  readonly #inTurn = createLimit(1);

  constructor(repository: Repository) {
    this.#repository = repository;
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

  async has({ digest }: Descriptor, { signal }: CallOptions = {}): Promise<boolean> {
    const answer = await this.#repository.transport.send({
      method: 'HEAD',
      target: manifestTarget(this.#repository, digest),
      scopes: pushScopes(this.#repository),
      headers: { accept: MANIFEST_ACCEPT },
      expect: [200, 404, 405],
      signal,
    });
    await answer.discard();
    const found = answer.status === 200 && !contradicts(answer, digest);
    if (!found) this.#missing.add(digest);
    return found;
  }

  async put(content: Content, { tag, fresh = false, signal }: PutOptions = {}): Promise<Outcome> {
    const { descriptor } = content;
    const name = tag ?? descriptor.digest;
    if (!fresh && (await this.#isCurrent(name, descriptor, signal))) return 'exists';
    const bytes = await readContent(content, { cap: MAX_MANIFEST_SIZE, signal });
    const answer = await this.#repository.transport.send({
      method: 'PUT',
      target: manifestTarget(this.#repository, checked(name)),
      scopes: pushScopes(this.#repository),
      headers: { 'content-type': descriptor.mediaType },
      body: bytes,
      expect: [200, 201, 202, 204],
      signal,
    });
    await answer.discard();
    if (contradicts(answer, descriptor.digest)) throw tookAnother(this.#repository, descriptor);
    this.#missing.delete(descriptor.digest);
    if (answer.header('oci-subject') === undefined) await this.#listReferrer(descriptor, bytes, { signal });
    return 'written';
  }

  /** Without that header the registry keeps no list of referrers: then it is the client's to keep. */
  async #listReferrer(descriptor: Descriptor, bytes: Uint8Array, options: CallOptions): Promise<void> {
    const manifest = parseManifest(bytes, descriptor.mediaType);
    const subject = manifest.subject?.digest;
    if (subject === undefined) return;
    const referrer = describeReferrer(descriptor, manifest);
    await this.#inTurn(() => addReferrer(this, { subject, referrer }, options));
  }

  async #isCurrent(name: string, { digest }: Descriptor, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#missing.has(digest)) return false;
    const head = await this.#head(name, { signal, scopes: pushScopes(this.#repository) });
    return head?.digest === digest;
  }

  async #head(
    name: string,
    { scopes, signal }: CallOptions & { readonly scopes: readonly Scope[] },
  ): Promise<Descriptor | undefined> {
    try {
      const answer = await this.#repository.transport.send({
        method: 'HEAD',
        target: manifestTarget(this.#repository, checked(name)),
        scopes,
        headers: { accept: MANIFEST_ACCEPT, 'accept-encoding': 'identity' },
        expect: [200],
        signal,
      });
      await answer.discard();
      return describeByHeaders(answer);
    } catch (error) {
      if (error instanceof RegError && getExplains(error.context.status)) return undefined;
      throw error;
    }
  }

  /** A body that breaks is asked for again, from the start: it is small. */
  async #fetch(name: string, { signal }: CallOptions): Promise<FetchedManifest> {
    try {
      const fetched = await retry(() => this.#fetchOnce(name, signal), { ...this.#repository.retry, signal });
      this.#recent.add(fetched);
      return fetched;
    } catch (error) {
      if (!hasCode(error, 'NOT_FOUND')) throw error;
      throw explainMissing(this.#repository, name, error);
    }
  }

  async #fetchOnce(name: string, signal: AbortSignal | undefined): Promise<FetchedManifest> {
    const answer = await this.#repository.transport.send({
      method: 'GET',
      target: manifestTarget(this.#repository, checked(name)),
      scopes: pullScopes(this.#repository),
      headers: { accept: MANIFEST_ACCEPT, 'accept-encoding': 'identity' },
      expect: [200],
      retry: false,
      signal,
    });
    return readManifestAnswer(answer, this.#repository, name);
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

function checked(name: string): string {
  if (isDigest(name) || TAG.test(name)) return name;
  throw new RegError('INVALID_REFERENCE', `${quoteText(name)} is neither a tag nor a digest`);
}

function explainMissing(repository: Repository, name: string, error: RegError): RegError {
  const isRepository = error.context.wireErrors?.some(({ code }) => code === 'NAME_UNKNOWN') ?? false;
  if (isRepository) return repositoryNotFound(repository, error);
  const [what, kind] = isDigest(name) ? [`manifest ${shortDigest(name)}`, 'digest'] : ['manifest', 'tag'];
  const hint = `Check the ${kind}, or run "reg tags ${repository.host}/${repository.path}".`;
  // Whoever asked for a tag has named it: pull, inspect and all others begin with it.
  return notFound(error, what, hint);
}

function tookAnother(repository: Repository, { digest }: Descriptor): RegError {
  const reason = `stored manifest ${shortDigest(digest)} under another digest`;
  return new RegError('DIGEST_MISMATCH', `${repository.host} says that it ${reason}`, { digest });
}
