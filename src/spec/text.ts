/**
 * Text from outside: whatever a server, a file, an archive or the environment says. It passes through here
 * before it reaches a message, a log or a terminal (CWE-150; git CVE-2024-52005, kubectl CVE-2021-25743).
 */

/** Longest piece of outside text that a message may hold, in characters. */
const MAX_LENGTH = 200;

// Line breaks and tabs of every kind fold into one blank before anything else is looked at.
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
// C0, DEL, C1; soft hyphen, zero-width and bidi controls; variation selectors' tags; byte order mark; lone surrogates.
const INVISIBLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|\p{Cs}/gu;

/** `text` with line breaks folded, control, bidi and invisible characters dropped, cut at `maxLength` characters. */
export function cleanText(text: string, maxLength = MAX_LENGTH): string {
  // Cut first, generously, so that a megabyte of junk costs nothing; cut again once the junk is out.
  const clean = strip(text.slice(0, maxLength * 8));
  return clean.length > maxLength ? `${strip(clean.slice(0, maxLength - 1))}…` : clean;
}

function strip(text: string): string {
  return text.replace(BREAKS, ' ').replace(INVISIBLE, '').trim();
}

/** `text` made safe as by `cleanText` and put in double quotes. */
export function quoteText(text: string, maxLength = MAX_LENGTH): string {
  return `"${cleanText(text, maxLength).replaceAll('"', "'")}"`;
}

/**
 * `texts` as a list within a sentence, of which at most `most` are shown: `a, b and 3 more`. They have to be safe to print.
 */
export function listTexts(texts: readonly string[], most: number): string {
  const shown = texts.slice(0, most).join(', ');
  return texts.length > most ? `${shown} and ${texts.length - most} more` : shown;
}

/**
 * `text` on one line with all that `cleanText` would drop or fold spelled out: `\n`, `\x1b`, `\u202e`. For names of files,
 * which differ by that.
 */
export function spellOut(text: string): string {
  return text.replace(BREAKS, spelled).replace(INVISIBLE, spelled);
}

/** Bytes that are no UTF-8 are lone surrogates in names of files (`tar/name.ts`). */
function spelled(characters: string): string {
  return Array.from(characters, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const escape = { 9: '\\t', 10: '\\n', 13: '\\r' }[code];
    const byte = code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : code;
    return escape ?? (byte < 0x100 ? `\\x${hex(byte, 2)}` : `\\u${hex(code, 4)}`);
  }).join('');
}

function hex(code: number, length: number): string {
  return code.toString(16).padStart(length, '0');
}
