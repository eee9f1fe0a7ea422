/** What `reg history` shows to people. */

import type { HistoryStep } from '../../operations/look/history.js';
import { hexOf } from '../../spec/digest.js';
import { formatBytes } from '../units/bytes.js';
import { dayOf } from '../units/day.js';
import { layTable, span, type Column, type Line, type Span } from '../output/layout.js';
import { cutTo } from '../output/width.js';

interface HistoryViewOptions {
  readonly width: number;
  /** Commands, digests and times as they are, on lines as long as they get. */
  readonly isWhole: boolean;
}

/** There is room for comments where commands keep at least this. */
const WIDE = 110;

const MAX_COMMENT = 40;

/** A line for each step, the newest first. */
export function describeHistory(
  steps: readonly HistoryStep[],
  { width, isWhole }: HistoryViewOptions,
): readonly Line[] {
  const hasComments = (isWhole || width >= WIDE) && steps.some(({ comment }) => comment !== undefined);
  const columns: readonly Column[] = [
    { head: 'CREATED' },
    { head: 'SIZE', isRight: true },
    { head: 'LAYER' },
    ...(hasComments ? [{ head: 'COMMENT' }] : []),
    { head: 'CREATED BY' },
  ];
  const rows = steps.map((step) => [
    span(step.created === undefined ? '' : isWhole ? step.created : dayOf(step.created)),
    span(step.size === undefined ? '-' : formatBytes(step.size), step.isEmpty ? 'faint' : undefined),
    layerCell(step, isWhole),
    ...(hasComments ? [span(cutTo(step.comment ?? '', isWhole ? Infinity : MAX_COMMENT), 'faint')] : []),
    commandCell(step, isWhole),
  ]);
  return layTable(columns, rows, { width: isWhole ? Infinity : width });
}

function layerCell({ digest, isEmpty }: HistoryStep, isWhole: boolean): Span {
  if (digest === undefined) return span(isEmpty ? 'empty' : 'missing', isEmpty ? 'faint' : 'bad');
  return span(isWhole ? digest : hexOf(digest).slice(0, 12));
}

function commandCell({ createdBy }: HistoryStep, isWhole: boolean): Span {
  if (createdBy === undefined) return span('(not told)', 'faint');
  return span(isWhole ? createdBy : instructionOf(createdBy));
}

/** The line of the Dockerfile, as far as it can be told: docker and BuildKit write what they ran. */
function instructionOf(createdBy: string): string {
  return createdBy
    .replace(/^\/bin\/sh -c #\(nop\)\s*/, '')
    .replace(/^(?:RUN )?(?:\|\d+ .*? )?\/bin\/sh -c /, 'RUN ')
    .replace(/\s*# buildkit$/, '')
    .replace(/\s+/g, ' ');
}
