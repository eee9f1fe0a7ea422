/** Colours, used sparingly, and the characters that bars are drawn with. */

import type { Environment } from '../environment.js';

export interface Style {
  readonly unicode: boolean;
  readonly accent: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly faint: (text: string) => string;
}

/** What a terminal in this environment can show. `NO_COLOR` (no-color.org) takes the colours away, not the bars. */
export function createStyle(env: Environment, platform: string): Style {
  const hasColor = (env['NO_COLOR'] ?? '') === '';
  const paint = (code: number) => (text: string) =>
    hasColor && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  return {
    unicode: showsUnicode(env, platform),
    accent: paint(36),
    good: paint(32),
    bad: paint(31),
    faint: paint(2),
  };
}

/** The console of Linux and the old one of Windows have no box drawing; a locale may say that it is not UTF-8. */
function showsUnicode(env: Environment, platform: string): boolean {
  if (platform === 'win32') return Boolean(env['WT_SESSION'] ?? env['TERM_PROGRAM'] ?? env['ConEmuTask']);
  if (env['TERM'] === 'linux') return false;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || 'UTF-8';
  return /utf-?8/i.test(locale);
}
