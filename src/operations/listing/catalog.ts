/** `reg catalog`: the repositories of a registry, where it lists them. */

import type { CallOptions } from '../../content/types.js';
import { explain, hasCode, RegError } from '../../errors.js';
import type { RegistryClient } from '../../registry/client.js';
import { DOCKER_HUB } from '../../spec/docker-hub.js';
import { parseServer } from '../server-name.js';
import type { NamePattern } from './name-pattern.js';

export interface ListRepositoriesOptions extends CallOptions {
  readonly client: RegistryClient;
  /** Only repositories that match; default: all. */
  readonly pattern?: NamePattern | undefined;
  /** Most repositories to yield. Default: no limit. */
  readonly limit?: number | undefined;
}

/** Registries that list their repositories to nobody (docker/hub-feedback#2094, oras#1128). */
const SECRETIVE: ReadonlyMap<string, string> = new Map([
  [DOCKER_HUB, '"reg search" finds public ones.'],
  ['ghcr.io', 'Its web site lists the packages of an owner.'],
  ['public.ecr.aws', 'Its gallery, gallery.ecr.aws, can be searched.'],
]);

/**
 * The repositories that the login may see, in the registry's order, page by page as they are asked for; text from outside.
 * Throws INVALID_ARGUMENT, UNSUPPORTED where there is no list, DENIED where there is none for this login, and what the
 * registry throws.
 */
export async function* listRepositories(
  server: string,
  { client, pattern, limit = Infinity, signal }: ListRepositoriesOptions,
): AsyncGenerator<string> {
  const host = parseServer(server);
  const atMost = pattern === undefined ? limit : undefined;
  let count = 0;
  try {
    for await (const repository of client.repositories(host, { atMost, signal })) {
      if (pattern !== undefined && !pattern(repository)) continue;
      yield repository;
      count += 1;
      if (count >= limit) return;
    }
  } catch (error) {
    throw explain(
      await meaningOf(error, host, { client, signal }),
      `cannot list the repositories of ${host}`,
    );
  }
}

/** A list is a part of no specification: a registry without one says so in many ways. */
async function meaningOf(
  error: unknown,
  host: string,
  { client, signal }: CallOptions & Pick<ListRepositoriesOptions, 'client'>,
): Promise<unknown> {
  if (!hasCode(error, 'UNAUTHORIZED', 'DENIED', 'NOT_FOUND', 'UNSUPPORTED')) return error;
  const { hint: _ofOthers, ...context } = { ...error.context, cause: error };
  const hint = SECRETIVE.get(host);
  if (hint !== undefined) return new RegError('UNSUPPORTED', 'it lists them to nobody', { ...context, hint });
  const { status } = context;
  if (!hasCode(error, 'UNAUTHORIZED', 'DENIED'))
    return new RegError('UNSUPPORTED', `it has no list of them (${status})`, context);
  try {
    await client.ping(host, { signal });
  } catch (refusal) {
    return refusal;
  }
  const reason = `it lets us in, but does not list them to us (${status})`;
  return new RegError('DENIED', reason, context);
}
