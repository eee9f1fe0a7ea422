/** The standard output: results, and nothing else. Whatever is printed there passes through here and is safe. */

import { cleanText } from '../spec/text.js';
import { formatTable } from './table.js';

export interface Output {
  /** One line of text; what a terminal could take for a command is dropped. */
  readonly line: (text: string) => void;
  /** One JSON value on one line. */
  readonly json: (value: unknown) => void;
  readonly table: (head: readonly string[], rows: readonly (readonly string[])[]) => void;
  /** Bytes as they are. */
  readonly raw: (bytes: Uint8Array) => void;
}

/** Where to write to; a part of what a stream can do. */
export interface Writable {
  write(chunk: string | Uint8Array): unknown;
}

/** Longest line: annotations and commands may be long, but a terminal is not for megabytes. */
const MAX_LINE = 8192;

export function createOutput(stdout: Writable): Output {
  const line = (text: string): void => void stdout.write(`${cleanLine(text)}\n`);
  return {
    line,
    json: (value) => void stdout.write(`${safeJson(value)}\n`),
    table: (head, rows) => formatTable(head, rows).forEach(line),
    raw: (bytes) => void stdout.write(bytes),
  };
}

/** `text` as one safe line that keeps its indentation. */
export function cleanLine(text: string): string {
  const indent = /^ */.exec(text)?.[0] ?? '';
  return indent + cleanText(text, MAX_LINE);
}

/** JSON in which every control, bidi and invisible character is escaped: JSON itself escapes only the first 32. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\u009f\p{Cf}\u2028\u2029]/gu, escapeUnits);
}

function escapeUnits(character: string): string {
  let escaped = '';
  for (let at = 0; at < character.length; at++) {
    escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}
