/** One repository on one host: what every request to it has in common. */

import type { RetryOptions } from '../content/retry.js';
import { RegError } from '../errors.js';
import { algorithmOf, isDigest, type Digest } from '../spec/digest.js';
import type { Answer, Scope, Transport } from './transport.js';

export interface Repository {
  /** Host with port, as in a reference: `docker.io`, `127.0.0.1:5000`. */
  readonly host: string;
  /** `library/nginx`. */
  readonly path: string;
  readonly transport: Transport;
  /** For bodies that break; requests are the transport's. */
  readonly retry: Omit<RetryOptions, 'signal'>;
}

/** `HOST/PATH:TAG` or `HOST/PATH@DIGEST`, for messages. */
export function nameIn(repository: Repository, name: string): string {
  return `${repository.host}/${repository.path}${isDigest(name) ? '@' : ':'}${name}`;
}

export function manifestTarget(repository: Repository, name: string): string {
  return `/v2/${repository.path}/manifests/${name}`;
}

export function blobTarget(repository: Repository, digest: Digest): string {
  return `/v2/${repository.path}/blobs/${digest}`;
}

export function pullScopes(repository: Repository): readonly Scope[] {
  return [{ repository: repository.path, actions: ['pull'] }];
}

/** One scope for all that a push asks, so that a push needs one token. */
export function pushScopes(repository: Repository): readonly Scope[] {
  return [{ repository: repository.path, actions: ['pull', 'push'] }];
}

/**
 * Whether the answer names another digest than `digest`. One of another algorithm says nothing: distribution names
 * what it took in by sha256 always.
 */
export function contradicts(answer: Answer, digest: Digest): boolean {
  const said = answer.header('docker-content-digest');
  return said !== undefined && said !== digest && isDigest(said) && algorithmOf(said) === algorithmOf(digest);
}

/**
 * `error`, a NOT_FOUND, in the words of one who knows what was asked for. What a server said that does not speak as
 * registries do is kept: it may not be one.
 */
export function notFound(error: RegError, what: string, hint: string): RegError {
  const said = error.context.wireErrors === undefined ? `: ${error.message}` : ` (${error.context.status})`;
  return new RegError('NOT_FOUND', `${what} not found${said}`, { ...error.context, hint, cause: error });
}

export function repositoryNotFound({ host, path }: Repository, error: RegError): RegError {
  const hint = 'Check the name; a private repository may look missing until you log in.';
  return notFound(error, `repository ${host}/${path}`, hint);
}
