/** What a template works with: the values of a JSON document, text that is safe already, and what is not there. */

import type { RegError } from '../../errors.js';
import { isObject } from '../../spec/json.js';
import { cleanText, listTexts } from '../../spec/text.js';
import { safeJson } from './safe-json.js';

/** Text that stands in the template, or was made of cleaned parts: its line breaks are meant. */
export class SafeText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What is not there: nothing to a condition, an error to whoever wants to show it. */
export class Missing {
  readonly error: RegError;

  constructor(error: RegError) {
    this.error = error;
  }
}

/** `value`, which has to be there. Throws INVALID_ARGUMENT. */
export function demand(value: unknown): unknown {
  if (value instanceof Missing) throw value.error;
  return value;
}

/** What is shown of a value: lists and objects as JSON, nothing of null. Throws INVALID_ARGUMENT for what is not there. */
export function textOf(value: unknown): string {
  if (demand(value) instanceof SafeText) return plain(value);
  if (value === null) return '';
  return typeof value === 'string' ? cleanText(value, Infinity) : safeJson(value);
}

/** The text of a string from either side, not cleaned: to compare, never to show. */
export function plain(value: unknown): string {
  return value instanceof SafeText ? value.text : String(value);
}

/** As in Go: false, 0, and what is empty or not there, are not. */
export function isTrue(value: unknown): boolean {
  if (value instanceof Missing) return false;
  return typeof value === 'object' && value !== null ? sizeOf(value) !== 0 : Boolean(value);
}

/** How many characters, items or keys there are; undefined for what has none. */
export function sizeOf(value: unknown): number | undefined {
  if (value instanceof SafeText || typeof value === 'string') return plain(value).length;
  if (Array.isArray(value)) return value.length;
  if (value === null) return 0;
  return isObject(value) ? Object.keys(value).length : undefined;
}

/** The key of `value` that is meant: exactly this one, else the only one that differs by case alone. */
export function keyFor(value: Readonly<Record<string, unknown>>, key: string): string | undefined {
  if (Object.hasOwn(value, key)) return key;
  const folded = key.toLowerCase();
  const alike = Object.keys(value).filter((one) => one.toLowerCase() === folded);
  return alike.length === 1 ? alike[0] : undefined;
}

/** Most keys that are listed. */
const MAX_LISTED = 30;

/** For the hint of an error. */
export function listKeys(value: object): string {
  const keys = Object.keys(value);
  if (keys.length === 0) return 'There are no keys at all.';
  const shown = keys.map((key) => cleanText(key, 60));
  return `The keys are ${listTexts(shown, MAX_LISTED)}.`;
}

/** What a value is, in a word. */
export function kindOf(value: unknown): string {
  if (value instanceof SafeText || typeof value === 'string') return 'a text';
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'null';
  return isObject(value) ? 'an object' : `a ${typeof value}`;
}
