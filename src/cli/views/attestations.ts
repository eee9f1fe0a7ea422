/** What `reg attestations` shows to people: a line for each. */

import type { Attestation } from '../../operations/look/attestation.js';
import type { AttestationList } from '../../operations/look/attestations.js';
import { hexOf } from '../../spec/digest.js';
import { formatBytes } from '../units/bytes.js';
import { layTable, span, type Line } from '../output/layout.js';
import type { Page } from '../output/page.js';

const COLUMNS = [
  { head: 'DIGEST' },
  { head: 'SIZE', isRight: true },
  { head: 'OF' },
  { head: 'FROM' },
  { head: 'WHAT' },
] as const;

export function describeAttestations(
  { digest, platform, attestations }: AttestationList,
  { width }: Pick<Page, 'width'>,
): readonly Line[] {
  const rowOf = ({ subject, from, title, ...attestation }: Attestation): Line => [
    span(hexOf(attestation.digest).slice(0, 12)),
    span(formatBytes(attestation.size)),
    span(subject === digest ? (platform ?? 'image') : 'index'),
    span(from),
    span(title),
  ];
  return layTable(COLUMNS, attestations.map(rowOf), { width });
}
