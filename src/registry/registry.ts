/**
 * One repository on one registry, as a source and a sink.
 *
 *     resolve, get, has, put ──▶ manifests, blobs, uploads ──▶ transport
 *
 * Here it is said what is asked for and what is believed; the transport does credentials, redirects and retries.
 */

import type { Connections } from '../content/connections.js';
import { ranged } from '../content/ranged.js';
import { resilient } from '../content/resilient.js';
import type { RetryOptions } from '../content/retry.js';
import type {
  CallOptions,
  Content,
  HasOptions,
  Outcome,
  PutOptions,
  ResolveOptions,
  Sink,
  Source,
} from '../content/types.js';
import type { Descriptor } from '../spec/descriptor.js';
import type { Digest } from '../spec/digest.js';
import { isManifestType } from '../spec/media-type.js';
import { blobContent, describeBlob, hasBlob } from './blobs/blobs.js';
import { deleteManifest, requireDeletion } from './manifests/deletion.js';
import { Manifests } from './manifests/manifests.js';
import { listReferrers } from './manifests/referrers.js';
import type { ListOptions } from './listing/pages.js';
import type { Repository } from './repository.js';
import { tagManifest } from './manifests/tag.js';
import { listTags } from './listing/tags.js';
import type { Transport } from './transport.js';
import { Uploads } from './upload/uploads.js';

export interface RegistryOptions {
  /** Host with port, as in a reference: `docker.io`, `127.0.0.1:5000`. */
  readonly host: string;
  /** `library/nginx`. */
  readonly repository: string;
  readonly transport: Transport;
  readonly clock: RetryOptions['clock'];
  readonly retryPolicy?: RetryOptions['policy'];
  readonly onWait?: RetryOptions['onWait'];
  /** Over how many connections to the host a large blob may come; default: over one. */
  readonly connections?: Connections | undefined;
}

export class Registry implements Source, Sink {
  readonly #repository: Repository;
  readonly #manifests: Manifests;
  readonly #uploads: Uploads;
  readonly #connections: Connections | undefined;

  constructor({ host, repository, transport, clock, retryPolicy, onWait, connections }: RegistryOptions) {
    this.#repository = { host, path: repository, transport, retry: { clock, policy: retryPolicy, onWait } };
    this.#manifests = new Manifests(this.#repository);
    this.#uploads = new Uploads(this.#repository);
    this.#connections = connections;
  }

  /**
   * The descriptor behind a tag or a digest, by one HEAD where the server does it right; `toRead`, by the GET that brings
   * the manifest. Throws NOT_FOUND, INVALID_REFERENCE, INVALID_MANIFEST, DIGEST_MISMATCH, TOO_LARGE, UNSUPPORTED and what the transport throws.
   */
  resolve(name: string, options: ResolveOptions = {}): Promise<Descriptor> {
    return this.#manifests.resolve(name, options);
  }

  /** Opening goes on where it broke off. Throws NOT_FOUND, SIZE_MISMATCH and what the transport throws. */
  get(descriptor: Descriptor): Content {
    const { host, path } = this.#repository;
    const content = isManifestType(descriptor.mediaType)
      ? this.#manifests.get(descriptor)
      : this.#blob(descriptor);
    return { ...content, origin: { host, repository: path } };
  }

  #blob(descriptor: Descriptor): Content {
    const { retry } = this.#repository;
    const blob = blobContent(this.#repository, descriptor);
    const connections = this.#connections;
    if (connections === undefined) return resilient(blob, retry);
    const onWait: RetryOptions['onWait'] = (wait) => {
      connections.heed(wait.error);
      retry.onWait?.(wait);
    };
    return ranged(resilient(blob, { ...retry, onWait }), connections);
  }

  /** What a blob is of which only the digest is known, by one HEAD. Throws NOT_FOUND, PROTOCOL_ERROR. */
  describeBlob(digest: Digest, options: CallOptions = {}): Promise<Descriptor> {
    return describeBlob(this.#repository, digest, options);
  }

  has(descriptor: Descriptor, options: HasOptions = {}): Promise<boolean> {
    return isManifestType(descriptor.mediaType)
      ? this.#manifests.has(descriptor, options)
      : hasBlob(this.#repository, descriptor, options);
  }

  /**
   * Pushes a manifest under its tag or digest; mounts a blob that is elsewhere on the same host, and uploads any other.
   * Throws DIGEST_MISMATCH, SIZE_MISMATCH, INCOMPLETE, UPLOAD_REJECTED and what the content and the transport throw.
   */
  put(content: Content, options: PutOptions = {}): Promise<Outcome> {
    return isManifestType(content.descriptor.mediaType)
      ? this.#manifests.put(content, options)
      : this.#uploads.put(content, options);
  }

  /** Gives a manifest that is here more tags; see `tagManifest`. */
  tag(content: Content, tags: readonly string[], options: CallOptions = {}): Promise<void> {
    return tagManifest(this.#repository, this.#manifests, { ...options, content, tags });
  }

  /** Deletes a tag, or a manifest by its digest; see `deleteManifest`. */
  delete(name: string, options: CallOptions = {}): Promise<boolean> {
    return deleteManifest(this.#repository, name, options);
  }

  /** Throws UNSUPPORTED where nothing can be deleted. */
  requireDeletion(options: CallOptions = {}): Promise<void> {
    return requireDeletion(this.#repository, options);
  }

  /** All tags, in the server's order; they are text from outside. Throws NOT_FOUND, PROTOCOL_ERROR, TOO_LARGE. */
  tags(options: ListOptions = {}): AsyncIterable<string> {
    return listTags(this.#repository, options);
  }

  /** What refers to a manifest, from the registry's own list or the one that clients keep. Throws INVALID_MANIFEST, PROTOCOL_ERROR. */
  referrers(subject: Digest, options: CallOptions = {}): Promise<readonly Descriptor[]> {
    return listReferrers(this.#repository, { ...options, subject });
  }

  /**
   * Takes a manifest that is deleted off the list that clients keep of what refers to its subject, where there is one: for
   * whoever deletes a manifest with a subject. Throws SERVER_ERROR and as `referrers`.
   */
  unlistReferrer(referrer: Digest, options: CallOptions & { readonly subject: Digest }): Promise<void> {
    return this.#manifests.unlistReferrer(referrer, options);
  }
}
