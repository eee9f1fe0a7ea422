/** What flags say about tags that stand for something already. */

import { parseDigest, type Digest } from '../../spec/digest.js';
import type { TagRuleFlags } from './flags.js';

/** As operations want them. */
export function tagRules({ clobber, expectDigest }: TagRuleFlags): {
  readonly noClobber: boolean;
  readonly expectDigest: Digest | undefined;
} {
  return {
    noClobber: clobber === false,
    expectDigest: expectDigest === undefined ? undefined : parseDigest(expectDigest),
  };
}
