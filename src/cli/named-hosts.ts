/** Which registries a command names. */

import { hasCode } from '../errors.js';
import { parseReference } from '../spec/reference.js';

/** Arguments that name no registry, though `oci:app` could be the tag `app` of an image `oci`. */
const PLACE = /^(oci|oci-archive|docker-archive):/;

/** The hosts of the references among arguments, each once. */
export function namedHosts(args: readonly string[]): readonly string[] {
  return [...new Set(args.flatMap((arg) => hostOf(arg) ?? []))];
}

function hostOf(arg: string): string | undefined {
  if (PLACE.test(arg)) return undefined;
  try {
    return parseReference(arg).domain;
  } catch (error) {
    // The command itself says what is wrong with it, if it is to be a reference at all.
    if (hasCode(error, 'INVALID_REFERENCE')) return undefined;
    throw error;
  }
}
