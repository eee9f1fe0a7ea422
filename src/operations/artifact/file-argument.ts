/** How files are named on a command line: `FILE[:TYPE]`, as for oras. */

import { RegError } from '../../errors.js';
import { isMediaType } from '../../spec/media-type.js';
import { quoteText } from '../../spec/text.js';

export interface FileArgument {
  /** `-` for the standard input. */
  readonly path: string;
  /** Undefined where none is said. */
  readonly mediaType: string | undefined;
}

/**
 * What stands behind the last colon is a type where it looks like one, so `hi:txt` is a file and `C:\notes.txt` is, too;
 * a colon at the very end says that all before it is the path. Throws INVALID_ARGUMENT.
 */
export function parseFileArgument(text: string): FileArgument {
  const [, before = text, type] = /^(.*):([^:]*)$/s.exec(text) ?? [];
  const hasType = type !== undefined && isMediaType(type);
  const path = hasType || type === '' ? before : text;
  if (path !== '') return { path, mediaType: hasType ? type : undefined };
  throw new RegError('INVALID_ARGUMENT', `${quoteText(text)} names no file`, {
    hint: 'Write FILE or FILE:TYPE, such as sbom.json:application/spdx+json.',
  });
}
