/**
 * JSON from outside, read so that no two readers can see two meanings in the same bytes: strict UTF-8, one
 * value, no key twice, and (`refuseTwins`) none that differs only by case from one that matters.
 */

import { RegError, type ErrorCode } from '../errors.js';
import { findSyntaxFault } from './json-syntax.js';
import { quoteText } from './text.js';

/** Deepest nesting that is believed; real documents stay below 10. */
const MAX_DEPTH = 100;

export type JsonObject = Readonly<Record<string, unknown>>;

export interface JsonOptions {
  /** What is read, for the message: `manifest sha256:…`. */
  readonly what: string;
  /** Code of the error thrown; default INVALID_MANIFEST. */
  readonly code?: ErrorCode;
  /** What to do about it. */
  readonly hint?: string;
}

/**
 * The one JSON value that `bytes` hold, behind a byte order mark or not. Throws `options.code`; the message names line
 * and column but never quotes the content, which may hold a secret.
 */
export function parseJson(bytes: Uint8Array, options: JsonOptions): unknown {
  const text = decode(bytes, options);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Its message may quote the content.
    throw invalid(options, `is not JSON${place(text)}`);
  }
  const fault = findAmbiguity(text);
  if (fault !== undefined) throw invalid(options, fault);
  return value;
}

/** As `parseJson`, for what may be another kind of text just as well: undefined for that. */
export function tryParseJson(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, { what: 'the text' });
  } catch {
    return undefined;
  }
}

/** As `parseJson`, for documents that must be an object. */
export function parseJsonObject(bytes: Uint8Array, options: JsonOptions): JsonObject {
  const value = parseJson(bytes, options);
  if (!isObject(value)) throw invalid(options, 'is not a JSON object');
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Refuses keys of `value` that differ only by case from one of `keys`: Go's readers take "Layers" for "layers", so
 * two tools would see two documents under one digest. Throws INVALID_MANIFEST.
 */
export function refuseTwins(value: JsonObject, keys: readonly string[], where: string): void {
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    const folded = key.toLowerCase();
    const meant = keys.find((one) => one.toLowerCase() === folded);
    if (meant !== undefined) {
      throw new RegError(
        'INVALID_MANIFEST',
        `${where} has the key ${quoteText(key, 40)} where "${meant}" is meant`,
      );
    }
  }
}

function decode(bytes: Uint8Array, options: JsonOptions): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // The decoder's own message says no more than this.
    throw invalid(options, 'is not UTF-8 text');
  }
}

function invalid({ code = 'INVALID_MANIFEST', what, hint }: JsonOptions, reason: string): RegError {
  return new RegError(code, `${what} ${reason}`, hint === undefined ? {} : { hint });
}

function place(text: string): string {
  if (text.trim() === '') return ': it is empty';
  const fault = findSyntaxFault(text) ?? text.length;
  const lines = text.slice(0, fault).split('\n');
  const where = `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
  return fault === text.length ? `: it is cut off at ${where}` : `: ${where}`;
}

/**
 * What JSON.parse lets pass in silence: a key repeated in one object, and absurd depth. One pass over text that is
 * known to be valid JSON, so that only strings and brackets need to be told apart.
 */
function findAmbiguity(text: string): string | undefined {
  const scopes: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const mark = text.charCodeAt(at);
    if (mark === MARKS.object || mark === MARKS.list) {
      scopes.push(mark === MARKS.object ? new Set() : undefined);
      if (scopes.length > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} levels deep`;
    } else if (mark === MARKS.endOfObject || mark === MARKS.endOfList) {
      scopes.pop();
    } else if (mark === MARKS.quote) {
      const end = endOfString(text, at);
      const key = isKey(text, end) ? readString(text.slice(at, end)) : undefined;
      if (key !== undefined && scopes.at(-1)?.has(key)) return `has the key ${quoteText(key, 40)} twice`;
      if (key !== undefined) scopes.at(-1)?.add(key);
      at = end - 1;
    }
  }
  return undefined;
}

/** Codes and not characters: the index of a store of 20 000 images has six million. */
const MARKS = { quote: 0x22, list: 0x5b, endOfList: 0x5d, object: 0x7b, endOfObject: 0x7d } as const;

/** The position just behind the string that starts at `from`. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

/** What a string in quotes says. */
function readString(quoted: string): string {
  return quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
}

function isKey(text: string, from: number): boolean {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  return text[at] === ':';
}
