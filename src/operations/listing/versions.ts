/** Tags that are versions: `1.2.3`, and short ones such as `v1.2` and `3`. Loaded only where versions are asked for. */

import { compare, parse, satisfies, validRange } from 'semver';

/** Whether a tag lies in a range; undefined where the text is none. `1.2.3-alpine` is one before 1.2.3, as semver has it. */
export function parseRange(text: string): ((tag: string) => boolean) | undefined {
  const range = validRange(text.trim());
  if (range === null) return undefined;
  return (tag) => satisfies(completed(tag), range);
}

/** The highest version first, then by name what is none. */
export function sortByVersion<Named extends { readonly tag: string }>(all: readonly Named[]): Named[] {
  const parsed = all.map((named) => ({ named, version: parse(completed(named.tag)) }));
  parsed.sort((one, other) => {
    const names = [one.named.tag, other.named.tag] as const;
    if (one.version === null || other.version === null)
      return Number(one.version === null) - Number(other.version === null) || byName(...names);
    return compare(other.version, one.version) || byName(...names);
  });
  return parsed.map(({ named }) => named);
}

function byName(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/** `3` and `v1.2` with what they lack. */
function completed(tag: string): string {
  const [, major, minor = '0'] = /^v?(\d+)(?:\.(\d+))?$/.exec(tag) ?? [];
  return major === undefined ? tag : `${major}.${minor}.0`;
}
