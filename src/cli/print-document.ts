/** Prints a document of an image: its bytes as they are, or laid out where a person reads them. */

import type { ImageDocument } from '../operations/look/documents.js';
import { hasCode } from '../errors.js';
import { parseJson } from '../spec/json.js';
import type { SharedFlags } from './flags.js';
import type { Line } from './layout.js';
import type { Output } from './output.js';
import { createPage, type PageParts } from './page.js';
import { safeJson } from './safe-json.js';

/** A key of an object at the start of its line, and what follows. */
const KEY = /^( *)("(?:[^"\\]|\\.)*")(: .*)$/s;

interface PrintParts extends PageParts {
  readonly flags: Pick<SharedFlags, 'json' | 'format'>;
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
    return page.print(safeJson(value, 2).split('\n').map(paintKey));
  };
  output.result(isForPrograms ? parseJson(bytes, { what }) : undefined, { human });
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
