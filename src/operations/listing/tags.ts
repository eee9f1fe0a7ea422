/** `reg tags`: what a repository at its registry has. */

import type { CallOptions } from '../../content/types.js';
import { explain, RegError } from '../../errors.js';
import type { RegistryClient } from '../../registry/client.js';
import { quotePatterns } from './name-pattern.js';
import { familiarName, formatReference, parseReference, type Reference } from '../../spec/reference.js';

export interface ListTagsOptions extends CallOptions {
  readonly client: RegistryClient;
  /** How many will be read, as far as that is known. */
  readonly atMost?: number | undefined;
}

/**
 * The tags of a repository, in the registry's order, page by page as they are asked for. Throws INVALID_REFERENCE,
 * INVALID_ARGUMENT for the name of one image, NOT_FOUND and what the registry throws.
 */
export async function* listTags(
  repository: string,
  { client, ...options }: ListTagsOptions,
): AsyncGenerator<string> {
  const reference = parseRepository(repository, 'list the tags');
  try {
    yield* client.repository(reference.domain, reference.path).tags(options);
  } catch (error) {
    const context = { reference: formatReference(reference), side: 'source' } as const;
    throw explain(error, `cannot list the tags of ${familiarName(reference)}`, context);
  }
}

/** What to say where a repository has no tag, or none that fits these patterns. */
export function describeNoTags(repository: Reference, patterns: readonly string[]): string {
  const name = familiarName(repository);
  return patterns.length === 0 ? `${name} has no tags` : `no tag of ${name} fits ${quotePatterns(patterns)}`;
}

/** A registry by itself, whose port was read as a tag. */
const HOST = /^(localhost|[\w-]+(\.[\w-]+)+):\d+$/;

/** A reference to all of a repository. `verb` says what was to be done with it. Throws INVALID_ARGUMENT. */
export function parseRepository(text: string, verb: string): Reference {
  const reference = parseReference(text);
  if (reference.tag === undefined && reference.digest === undefined) return reference;
  throw new RegError('INVALID_ARGUMENT', `cannot ${verb} of ${familiarName(reference)}: it names one image`, {
    hint: HOST.test(text)
      ? `To list the repositories of a registry, run "reg catalog ${text}".`
      : 'Leave the tag or digest out.',
  });
}
