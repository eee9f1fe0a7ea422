/**
 * One picture of a transfer, as lines that fit the terminal. Pure: the same state gives the same lines.
 *
 *     ⠹ Pulling nginx:latest  58%  41.9/72.1 MB  12.3 MB/s  3s left
 *       a2abf6c4d29d  Pull complete  31.4 MB
 *       a9edb18cadd1  ━━━━━━━━╸───────────  10.2/25.3 MB  6.2 MB/s
 *       589b7251471a  Already exists
 *       186b1aaa4aa6  Waiting
 */

import { formatShare, formatSpeed } from '../units/bytes.js';
import { formatDuration } from '../units/duration.js';
import type { Style } from '../output/style.js';
import type { Part, Transfer } from './transfer.js';
import { headline, notesOn, outcomeOf, partName, summarize, type Job } from './words.js';

export interface FrameOptions {
  readonly job: Job;
  readonly style: Style;
  readonly columns: number;
  readonly rows: number;
  /** What spins, or what it became in the end. */
  readonly symbol: string;
  readonly phase: 'running' | 'done' | 'failed';
}

const NAME_WIDTH = 12;
const SHARE_WIDTH = 12;
const SPEED_WIDTH = 9;
const MAX_BAR = 30;
const MIN_BAR = 5;
const MIN_NAME = 16;

export function drawFrame(transfer: Transfer, options: FrameOptions): readonly string[] {
  // The last column stays free: some terminals break the line as soon as it is filled.
  const width = Math.max(10, options.columns - 1);
  // While it is drawn over it must not scroll: the first line, what is left out, and where the cursor rests.
  const room = options.phase === 'running' ? Math.max(1, options.rows - 3) : Infinity;
  return [topLine(transfer, options, width), ...layerLines(transfer.layers(), options, { width, room })];
}

function topLine(transfer: Transfer, options: FrameOptions, width: number): string {
  const { job, symbol, style, phase } = options;
  if (phase === 'done') return `${style.good(symbol)} ${doneLine(transfer, options, width - 2)}`;
  const title = headline(job);
  if (phase === 'failed') return `${style.bad(symbol)} ${shorten(title, width - 2, style)}`;
  const details = fittingDetails(transfer, width - 2 - Math.min(title.length, Math.max(16, width - 30)));
  const left = width - 2 - details.length - (details === '' ? 0 : 2);
  return `${style.accent(symbol)} ${shorten(title, left, style)}${details === '' ? '' : `  ${details}`}`;
}

/** Where there is no room for all, the speed goes, and then the end of the name: the sum is what one wants to know. */
function doneLine(transfer: Transfer, { job, style }: FrameOptions, width: number): string {
  const { done, sum, speed } = summarize(transfer, job);
  const whole = `${done}: ${sum}${speed}`;
  if (whole.length <= width) return whole;
  return cut(`${shorten(done, Math.max(MIN_NAME, width - sum.length - 2), style)}: ${sum}`, width);
}

/** Percent, bytes, speed and time left; in a narrow terminal the speed goes first, then the bytes. */
function fittingDetails(transfer: Transfer, room: number): string {
  const { size, position, speed, leftMs } = transfer.total();
  if (size === 0 || transfer.layers().length === 0) return '';
  const percent = `${Math.floor((position / size) * 100)}%`;
  const share = formatShare(position, size);
  const pace = speed > 0 ? [formatSpeed(speed)] : [];
  const left =
    leftMs === undefined || position >= size
      ? []
      : [`${formatDuration(Math.ceil(leftMs / 1000) * 1000)} left`];
  const choices = [
    [percent, share, ...pace, ...left],
    [percent, share, ...left],
    [percent, ...left],
    [percent],
  ];
  return choices.map((parts) => parts.join('  ')).find((text) => text.length + 2 <= room) ?? '';
}

interface Space {
  readonly width: number;
  readonly room: number;
}

/** All layers, or those that move and a count of the others where there are more than fit. */
function layerLines(
  layers: readonly Part[],
  options: FrameOptions,
  { width, room }: Space,
): readonly string[] {
  const line = (part: Part): string => `  ${layerLine(part, options, width - 2)}`;
  if (layers.length <= room) return layers.map(line);
  const active = layers
    .filter((part) => part.outcome === undefined && part.position !== undefined)
    .slice(0, room);
  const done = layers.filter((part) => part.outcome !== undefined).length;
  const rest = `${layers.length} ${options.job.unit ?? 'layer'}s: ${done} complete, ${layers.length - done - active.length} waiting`;
  return [...active.map(line), options.style.faint(`  ${cut(rest, width - 2)}`)];
}

function layerLine(part: Part, options: FrameOptions, width: number): string {
  const { style, job, phase } = options;
  const name = inColumn(part, job);
  const outcome = outcomeOf(part, job.direction);
  const room = width - NAME_WIDTH - 2;
  if (room <= 0) return cut(name, width);
  if (outcome !== undefined) {
    const [size = '', ...more] = notesOn(part);
    const whole = [`${outcome}  ${size}`.trimEnd(), ...more].join(', ');
    return `${name}  ${whole.length <= room ? whole : cut(`${outcome}  ${size}`, room)}`;
  }
  if (part.position === undefined) return `${name}  ${style.faint(cut('Waiting', room))}`;
  if (phase === 'failed') return `${name}  ${cut(`Stopped at ${share(part)}`, room)}`;
  return `${name}  ${activity(part, style, room)}`;
}

/** The end of a name says more than its beginning. How wide others than ASCII are, only the terminal knows. */
function inColumn(part: Part, job: Job): string {
  const known = partName(part, job);
  const name = /^[ -~]*$/.test(known) ? known : partName(part, { ...job, unit: undefined });
  return name.length <= NAME_WIDTH ? name.padEnd(NAME_WIDTH) : `..${name.slice(2 - NAME_WIDTH)}`;
}

/** Bar, bytes and speed, as much of it as there is room for. */
function activity(part: Part, style: Style, room: number): string {
  const bytes = share(part).padStart(SHARE_WIDTH);
  const withSpeed = room - SHARE_WIDTH - SPEED_WIDTH - 4;
  const speed = part.speed > 0 ? formatSpeed(part.speed).padStart(SPEED_WIDTH) : '';
  if (withSpeed >= MIN_BAR * 2)
    return `${bar(part, style, Math.min(MAX_BAR, withSpeed))}  ${bytes}  ${speed}`.trimEnd();
  const withoutSpeed = room - SHARE_WIDTH - 2;
  if (withoutSpeed >= MIN_BAR) return `${bar(part, style, Math.min(MAX_BAR, withoutSpeed))}  ${bytes}`;
  return cut(share(part), room);
}

function share({ position = 0, descriptor }: Part): string {
  return formatShare(position, descriptor.size);
}

function bar({ position = 0, descriptor }: Part, style: Style, width: number): string {
  const ratio = descriptor.size === 0 ? 1 : Math.min(1, position / descriptor.size);
  if (!style.unicode) {
    const filled = Math.floor(ratio * (width - 2));
    const head = filled < width - 2 ? '>' : '';
    return `[${'='.repeat(filled)}${head}${' '.repeat(width - 2 - filled - head.length)}]`;
  }
  const halves = Math.floor(ratio * width * 2);
  const filled = '━'.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? '╸' : '');
  return style.accent(filled) + style.faint('─'.repeat(width - filled.length));
}

function shorten(text: string, width: number, { unicode }: Style): string {
  if (text.length <= width) return text;
  const dots = unicode ? '…' : '..';
  return cut(`${cut(text, width - dots.length).trimEnd()}${dots}`, width);
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : text.slice(0, Math.max(0, width));
}
