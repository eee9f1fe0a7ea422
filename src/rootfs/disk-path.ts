/** The one place where a path of an image becomes one of this disk. */

import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import { encodeName } from '../tar/name.js';

/** What Windows takes in no name, and ends none with ("Naming Files, Paths, and Namespaces"). */
const NOT_ON_WINDOWS = /[<>:"|?*\\\p{Cc}]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/iu;

/** How paths below a folder are written. */
export type DiskPath = (path: string) => string | Buffer;

/**
 * Joins real paths, as resolve.ts makes them, to the folder `root`. Names that are no text become bytes. Throws
 * UNSUPPORTED where Windows has no such names.
 */
export function diskPaths(root: string, { isWindows }: { readonly isWindows: boolean }): DiskPath {
  return (path) => {
    if (path === '') return root;
    if (isWindows) requireName(path);
    const whole = `${root}/${path}`;
    const bytes = encodeName(whole);
    // Text where it is text: Node turns bytes back into it where the system wants that.
    return bytes.toString() === whole ? whole : bytes;
  };
}

function requireName(path: string): void {
  const name = path.split('/').find((part) => NOT_ON_WINDOWS.test(part));
  if (name === undefined) return;
  throw new RegError('UNSUPPORTED', `Windows takes no file called ${quoteText(name)} (${quoteText(path)})`, {
    hint: 'Unpack it on another system, or write the files to a tar with "reg export".',
  });
}
