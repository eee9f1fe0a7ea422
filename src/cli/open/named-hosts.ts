/** Which registries a command names. */

import { hasCode } from '../../errors.js';
import { isElsewhere } from '../../operations/places/place.js';
import { parseReference } from '../../spec/reference.js';

/** The hosts of the references among arguments, each once. */
export function namedHosts(args: readonly string[]): readonly string[] {
  return [...new Set(args.flatMap((arg) => hostOf(arg) ?? []))];
}

function hostOf(arg: string): string | undefined {
  // `oci:app` could be the tag `app` of an image `oci`, and is not.
  if (isElsewhere(arg)) return undefined;
  try {
    return parseReference(arg).domain;
  } catch (error) {
    // The command itself says what is wrong with it, if it is to be a reference at all.
    if (hasCode(error, 'INVALID_REFERENCE')) return undefined;
    throw error;
  }
}
