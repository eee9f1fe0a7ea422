/** What `reg diff --files` shows: to people a line for each file that differs, or for a whole folder. */

import type { FileChange, FileState } from '../../operations/files/file-diff.js';
import { spellOut } from '../../spec/text.js';
import { formatBytes } from '../units/bytes.js';
import { formatMode } from './files.js';
import { layRows, lineOf, span, type Line, type Row } from '../output/layout.js';

const MARKS = { removed: ['-', 'bad'], added: ['+', 'good'], changed: ['~', 'accent'] } as const;

/** A change, and how many more there are below a folder that comes or goes as a whole. */
interface Shown {
  readonly change: FileChange;
  readonly below: FileChange[];
}

export function describeFileChanges(changes: readonly FileChange[]): readonly Line[] {
  const title = [[], lineOf('Files')];
  if (changes.length === 0) return [...title, lineOf('= no difference', 'faint')];
  return [
    ...title,
    ...layRows(foldersAsOne(changes).map(rowOf), { gap: '  ', right: [1] }),
    lineOf(sumOf(changes)),
  ];
}

/** Changes come sorted, each folder before what is in it. */
function foldersAsOne(changes: readonly FileChange[]): readonly Shown[] {
  const shown: Shown[] = [];
  for (const change of changes) {
    const last = shown.at(-1);
    const isBelow =
      change.change !== 'changed' &&
      last?.change.change === change.change &&
      change.path.startsWith(`${last.change.path}/`);
    if (isBelow) last.below.push(change);
    else shown.push({ change, below: [] });
  }
  return shown;
}

function rowOf({ change, below }: Shown): Row {
  const [mark, tone] = MARKS[change.change];
  const cells = [`${mark} ${spellOut(change.path)}`, sizeText(change, below), notesOn(change, below)];
  return cells.map((cell) => span(cell, tone));
}

function sizeText({ from, to }: FileChange, below: readonly FileChange[]): string {
  if (below.length > 0) return formatBytes(bytesOf(below));
  const [before, after] = [from, to].map((state) =>
    state?.type === 'file' ? formatBytes(state.size) : undefined,
  );
  if (before === undefined || after === undefined || before === after) return after ?? before ?? '';
  return `${before} to ${after}`;
}

function notesOn({ from, to, aspects = [] }: FileChange, below: readonly FileChange[]): string {
  if (below.length > 0) return `with ${below.length} more`;
  if (from === undefined || to === undefined) return arrowTo((from ?? to)?.target);
  const notes = aspects.map((aspect) => {
    if (aspect === 'mode' || aspect === 'type') return `${formatMode(from)} to ${formatMode(to)}`;
    if (aspect === 'owner') return `${from.uid}/${from.gid} to ${to.uid}/${to.gid}`;
    if (aspect === 'target') return arrowTo(to.target);
    return aspect;
  });
  return notes.join(', ');
}

function arrowTo(target: string | undefined): string {
  return target === undefined ? '' : `-> ${spellOut(target)}`;
}

function sumOf(changes: readonly FileChange[]): string {
  const parts = (['added', 'removed', 'changed'] as const).flatMap((kind) => {
    const all = changes.filter(({ change }) => change === kind);
    if (all.length === 0) return [];
    return kind === 'changed'
      ? [`${all.length} changed`]
      : [`${all.length} ${kind} (${formatBytes(bytesOf(all))})`];
  });
  return `Files: ${parts.join(', ')}`;
}

function bytesOf(changes: readonly FileChange[]): number {
  return changes.reduce((sum, { from, to }) => sum + ((to ?? from)?.size ?? 0), 0);
}

/** With modes in octal digits, as `reg files` has them. The form of this is a promise. */
export function changeForPrograms({ from, to, ...change }: FileChange): Readonly<Record<string, unknown>> {
  return {
    ...change,
    ...(from && { from: stateForPrograms(from) }),
    ...(to && { to: stateForPrograms(to) }),
  };
}

function stateForPrograms({ mode, ...state }: FileState): Readonly<Record<string, unknown>> {
  return { ...state, mode: mode.toString(8).padStart(4, '0') };
}
