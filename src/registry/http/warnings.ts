/** Warning headers (distribution-spec 1.1, "Warnings": only `299 - "text"` is meant for people). */

const WARNING = /\b299 [^\s"]{1,100} "((?:[^"\\]|\\.)*)"/g;
const MAX_LENGTH = 8 * 1024;
const MAX_WARNINGS = 5;

/** The texts to show; they are text from outside. */
export function shownWarnings(header: string | undefined): readonly string[] {
  const matches = [...(header ?? '').slice(0, MAX_LENGTH).matchAll(WARNING)].slice(0, MAX_WARNINGS);
  return matches.map(([, text = '']) => text.replace(/\\(.)/g, '$1')).filter((text) => text !== '');
}
