/**
 * Titles: the paths that the files of an artifact have in it. They are relative and have forward slashes; whoever pulls
 * them takes them for paths below a directory, so they are looked at as if an enemy had written them (CVE-2021-21272 and
 * CVE-2026-50162 of oras).
 */

import { isAbsolute, basename, sep } from 'node:path';

import { RegError } from '../../errors.js';
import { quoteText } from '../../spec/text.js';
import { isPartialName } from './partial.js';

interface TitleOptions {
  /** Takes the bare name of the file, wherever it is. Default false. */
  readonly stripDirs?: boolean | undefined;
}

/** The title of a file that is pushed. Throws INVALID_ARGUMENT for paths that lead out of the current directory. */
export function titleOf(path: string, { stripDirs = false }: TitleOptions = {}): string {
  const parts = path.split(sep === '/' ? '/' : /[/\\]/).filter((part) => part !== '' && part !== '.');
  const name = parts.at(-1) ?? '.';
  if (stripDirs && name !== '..') return basename(name);
  if (!isAbsolute(path) && !parts.includes('..')) return parts.join('/') || '.';
  throw new RegError('INVALID_ARGUMENT', `${quoteText(path)} is outside of the current directory`, {
    hint: 'Files keep their paths in an artifact: go to their directory first, or give --strip-dirs for their bare names.',
  });
}

// Control characters, halves of characters, and what parts paths on Windows: no title needs them.
const FORBIDDEN = /[\p{Cc}\p{Cs}\\]/u;

/** What Windows makes of a name: a device, a stream, or another name (Microsoft, "Naming Files, Paths, and Namespaces"). */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:[. ]|$)/i;
const WINDOWS_FORBIDDEN = /[<>:"|?*]|[. ]$/;

/** Longest title in bytes: no system takes longer paths (`PATH_MAX` of Linux). */
const MAX_LENGTH = 4096;

interface ParseOptions {
  /** As `process.platform`. */
  readonly system: string;
  /** A directory may be the very one that is pulled to. */
  readonly isFolder: boolean;
}

/**
 * The directories and the name that a title stands for, below whatever directory; none of them for that one itself.
 * Throws UNSAFE_ARCHIVE.
 */
export function parseTitle(title: string, options: ParseOptions): readonly string[] {
  const fault = faultOf(title, options);
  if (fault === undefined) return partsOf(title);
  const message = `a file of the artifact has the title ${quoteText(title)}, which ${fault}`;
  throw new RegError('UNSAFE_ARCHIVE', message, {
    hint: 'Nothing was written. Choose the other files by --title, if you need them.',
  });
}

/** What is wrong with a title: `leads out of the folder`; undefined for a good one. */
export function faultOf(title: string, { system, isFolder }: ParseOptions): string | undefined {
  if (Buffer.byteLength(title) > MAX_LENGTH) return `is longer than ${MAX_LENGTH} bytes`;
  const parts = partsOf(title);
  if (title.startsWith('/') || /^[A-Za-z]:/.test(title)) return 'is an absolute path';
  if (parts.includes('..')) return 'leads out of the directory';
  if (parts.length === 0 && !isFolder) return 'names no file';
  if (parts.some(isPartialName)) return 'is what files are called on their way';
  if (FORBIDDEN.test(title)) return 'has a character in it that no path should have';
  return system === 'win32' && parts.some(meansElse) ? 'Windows takes for something else' : undefined;
}

function partsOf(title: string): readonly string[] {
  return title.split('/').filter((part) => part !== '' && part !== '.');
}

function meansElse(name: string): boolean {
  return WINDOWS_DEVICE.test(name) || WINDOWS_FORBIDDEN.test(name);
}

/** What tells two paths apart where they are written: there, case or the form of accents may not. */
export function pathKey(parts: readonly string[], system: string): string {
  const path = parts.join('/');
  return system === 'win32' || system === 'darwin' ? path.normalize('NFC').toLowerCase() : path;
}
