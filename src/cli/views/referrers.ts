/** What `reg referrers` shows to people: a line for each, what refers to a referrer below it. */

import type { Referrer, ReferrerList } from '../../operations/look/referrers.js';
import { CREATED } from '../../spec/annotation.js';
import { hexOf } from '../../spec/digest.js';
import { quoteText } from '../../spec/text.js';
import { formatBytes } from '../units/bytes.js';
import { dayOf } from '../units/day.js';
import { layTable, span, type Line } from '../output/layout.js';
import type { Page } from '../output/page.js';

const COLUMNS = [
  { head: 'DIGEST' },
  { head: 'CREATED' },
  { head: 'SIZE', isRight: true },
  { head: 'WHAT' },
] as const;

export function describeReferrers(
  { digest, referrers }: ReferrerList,
  { width }: Pick<Page, 'width'>,
): readonly Line[] {
  const depths = new Map<string, number>([[digest, 0]]);
  const rows = referrers.map((referrer) => {
    const depth = depths.get(referrer.subject) ?? 0;
    depths.set(referrer.digest, depth + 1);
    return rowOf(referrer, depth);
  });
  return layTable(COLUMNS, rows, { width });
}

/** Where there is none, what more there is to look at. */
export function describeNoReferrers(image: string, artifactType: string | undefined): string {
  const what = artifactType === undefined ? 'nothing' : `nothing of the type ${quoteText(artifactType)}`;
  return `${what} refers to ${image}. "reg tree ${image}" looks at its platforms and at cosign's tags, too`;
}

function rowOf({ digest, size, title, artifactType = '', annotations }: Referrer, depth: number): Line {
  const type = artifactType === title ? '' : ` (${artifactType})`;
  const what = span(artifactType === '' ? title : title + type);
  return [
    span(hexOf(digest).slice(0, 12)),
    span(dayOf(annotations?.[CREATED] ?? '')),
    span(formatBytes(size)),
    { ...what, text: '  '.repeat(depth) + what.text },
  ];
}
