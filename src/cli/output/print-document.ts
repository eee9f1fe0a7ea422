/** Prints a document of an image: its bytes as they are, or laid out where a person reads them. */

import type { ImageDocument } from '../../operations/look/documents.js';
import { hasCode } from '../../errors.js';
import { parseJson } from '../../spec/json.js';
import { lineOf, type Line } from './layout.js';
import type { Output } from './output.js';
import { createPage, type Page, type PageParts } from './page.js';
import { safeJson } from '../format/safe-json.js';

/** A key of an object at the start of its line, and what follows. */
const KEY = /^( *)("(?:[^"\\]|\\.)*")(: .*)$/s;

interface PrintParts extends PageParts {
  readonly flags: { readonly json?: true; readonly format?: string };
  readonly output: Output;
}

/**
 * Byte for byte, so that `sha256sum` gives the digest; on a terminal, which the bytes could drive, as indented JSON, and
 * with `--json` on one line. Throws INVALID_MANIFEST where programs are to have it and it is no JSON.
 */
export function printDocument({ mediaType, bytes }: ImageDocument, { flags, io, output }: PrintParts): void {
  const what = `what is called ${mediaType}`;
  const isForPrograms = flags.json === true || flags.format !== undefined;
  const human = (): readonly string[] | void => {
    const page = createPage({ io, output });
    if (!page.isTerminal) return output.raw(bytes);
    const value = readable(bytes, what);
    if (value === undefined) return Buffer.from(bytes).toString().split('\n');
    return page.print(jsonLines(value, page));
  };
  output.result(isForPrograms ? parseJson(bytes, { what }) : undefined, { human });
}

/** A JSON value as a person reads it: on one line, or indented on a terminal; a text as it is. */
export function jsonLines(value: unknown, { isTerminal }: Pick<Page, 'isTerminal'>): readonly Line[] {
  if (typeof value === 'string') return value.split('\n').map((line) => lineOf(line));
  return safeJson(value ?? null, isTerminal ? 2 : undefined)
    .split('\n')
    .map(paintKey);
}

/** Undefined for what is no JSON: artifacts have configs of every kind. */
function readable(bytes: Uint8Array, what: string): unknown {
  try {
    return parseJson(bytes, { what });
  } catch (error) {
    if (hasCode(error, 'INVALID_MANIFEST')) return undefined;
    throw error;
  }
}

function paintKey(text: string): Line {
  const [, indent = '', key, rest = ''] = KEY.exec(text) ?? [];
  return key === undefined ? [{ text }] : [{ text: indent }, { text: key, tone: 'accent' }, { text: rest }];
}
