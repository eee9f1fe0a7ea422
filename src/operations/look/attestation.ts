/** What is attested of an image, as it was found. */

import type { Digest } from '../../spec/digest.js';
import type { Kind } from '../../spec/purpose.js';

export interface Attestation {
  /** Of the bytes that state it. */
  readonly digest: Digest;
  readonly mediaType: string;
  /** Length in bytes. */
  readonly size: number;
  readonly kind: Kind;
  /** What it states, in words. */
  readonly title: string;
  readonly predicateType?: string;
  /** The image, or the index that it is from. */
  readonly subject: Digest;
  /** Where it was found: in the index itself, among the referrers, or under a tag of cosign. */
  readonly from: 'index' | 'referrers' | 'tag';
  /** Only when it was asked for. Of what is no statement, such as an SBOM by itself, all of it. */
  readonly predicate?: unknown;
}
