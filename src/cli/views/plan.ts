/** What a dry run has to say: a table of the parts, what becomes of the tag, and the sum. */

import type { Plan, PlannedPart } from '../../operations/transfer/plan.js';
import { hexOf, shortDigest, type Digest } from '../../spec/digest.js';
import { isImageConfigType, isIndexType, isManifestType, OCI_EMPTY } from '../../spec/media-type.js';
import { formatBytes } from '../units/bytes.js';
import { layTable, span, textOf, type Line } from '../output/layout.js';

const COLUMNS = [
  { head: 'DIGEST' },
  { head: 'TYPE' },
  { head: 'SIZE', isRight: true },
  { head: 'PLAN' },
] as const;

interface PlanView {
  readonly plan: Plan;
  /** What the name would stand for. */
  readonly digest: Digest;
  /** Where it would go. */
  readonly to: string;
  /** What would be done with bytes that are not there: `upload`. */
  readonly verb: 'fetch' | 'upload' | 'copy' | 'write';
}

export function describePlan({ plan, digest, to, verb }: PlanView): readonly string[] {
  const words = { exists: 'already there', mounted: 'mount', written: verb };
  const row = (part: PlannedPart): Line => [
    span(hexOf(part.digest).slice(0, 12)),
    span(kindOf(part)),
    span(formatBytes(part.size)),
    span(words[part.outcome]),
  ];
  const { written, mounted, exists } = plan.bytes;
  const mounts = mounted > 0 ? `${formatBytes(mounted)} to mount, ` : '';
  return [
    ...layTable(COLUMNS, plan.parts.map(row)).map(textOf),
    `${to}: ${fateOf(plan.previous, digest)}`,
    `Dry run: ${formatBytes(written)} to ${verb}, ${mounts}${formatBytes(exists)} already there`,
  ];
}

function fateOf(previous: Digest | undefined, next: Digest): string {
  if (previous === undefined) return `new, ${shortDigest(next)}`;
  if (previous === next) return `stays at ${shortDigest(next)}`;
  return `would move from ${shortDigest(previous)} to ${shortDigest(next)}`;
}

function kindOf({ mediaType }: PlannedPart): string {
  if (isIndexType(mediaType)) return 'index';
  if (isManifestType(mediaType)) return 'manifest';
  return isImageConfigType(mediaType) || mediaType === OCI_EMPTY ? 'config' : 'layer';
}
