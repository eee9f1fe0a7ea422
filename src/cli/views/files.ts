/** What `reg files` shows: to people as `ls -l` does, to programs an object for each file. */

import type { ListedFile } from '../../operations/files/list-files.js';
import { spellOut } from '../../spec/text.js';
import { formatBytes } from '../units/bytes.js';
import { span, type Line } from '../output/layout.js';

const TYPES = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  hardlink: '-',
  character: 'c',
  block: 'b',
  fifo: 'p',
} as const;

/** One line for each file, in columns. */
export function describeFiles(files: readonly ListedFile[]): readonly Line[] {
  const rows = files.map((file) => ({
    mode: formatMode(file),
    owner: `${file.uid}/${file.gid}`,
    size: file.type === 'file' || file.type === 'hardlink' ? formatBytes(file.size) : '',
    time: file.mtime === undefined ? '' : isoTime(file.mtime).slice(0, 16).replace('T', ' '),
    file,
  }));
  const widest = (column: 'owner' | 'size' | 'time'): number =>
    rows.reduce((width, row) => Math.max(width, row[column].length), 0);
  const [owners, sizes, times] = [widest('owner'), widest('size'), widest('time')];
  return rows.map(({ mode, owner, size, time, file }) => [
    { text: `${mode}  ${owner.padEnd(owners)}  ${size.padStart(sizes)}  ${time.padEnd(times)}  ` },
    span(spellOut(file.path), file.type === 'directory' ? 'accent' : undefined),
    ...targetOf(file),
  ]);
}

function targetOf({ type, target }: ListedFile): Line {
  if (target === undefined) return [];
  const arrow = type === 'symlink' ? '->' : 'link to';
  return [{ text: ` ${arrow} ` }, span(spellOut(target))];
}

interface FileObject extends Omit<ListedFile, 'mode' | 'mtime'> {
  /** Octal digits: `0644`. */
  readonly mode: string;
  /** As RFC 3339 has it. */
  readonly modified?: string;
}

/** The form of this is a promise. */
export function fileForPrograms({ path, type, mode, mtime, ...file }: ListedFile): FileObject {
  return {
    path,
    type,
    mode: mode.toString(8).padStart(4, '0'),
    ...file,
    ...(mtime === undefined ? {} : { modified: isoTime(mtime) }),
  };
}

/** `-rwsr-xr-x`, as POSIX has it (ls, "STDOUT"). */
export function formatMode({ type, mode }: Pick<ListedFile, 'type' | 'mode'>): string {
  const bit = (value: number, letter: string): string => ((mode & value) === 0 ? '-' : letter);
  const last = (value: number, special: number, letter: string): string => {
    if ((mode & special) === 0) return bit(value, 'x');
    return (mode & value) === 0 ? letter.toUpperCase() : letter;
  };
  const owner = bit(0o400, 'r') + bit(0o200, 'w') + last(0o100, 0o4000, 's');
  const group = bit(0o040, 'r') + bit(0o020, 'w') + last(0o010, 0o2000, 's');
  const others = bit(0o004, 'r') + bit(0o002, 'w') + last(0o001, 0o1000, 't');
  return TYPES[type] + owner + group + others;
}

function isoTime(seconds: number): string {
  return new Date(Math.round(seconds * 1000)).toISOString().replace('.000Z', 'Z');
}
