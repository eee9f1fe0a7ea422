/**
 * Names in tars are bytes. As text, each byte that is no UTF-8 becomes a lone surrogate (as Python's PEP 383 has it): so
 * names are ordinary strings, two that differ stay two, and the very bytes come out again.
 *
 *     63 61 66 c3 a9   ◀──▶  "café"
 *     63 61 66 e9      ◀──▶  "caf\udce9"
 */

import { isUtf8 } from 'node:buffer';

/** Added to a byte from 0x80 on. */
const ESCAPE = 0xdc00;

// With the flag `u` this finds no half of a pair.
const ESCAPED = /[\udc80-\udcff]/u;

/** Bytes as text. `encodeName` leads back. */
export function decodeName(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString();
  let name = '';
  for (let at = 0; at < buffer.byteLength;) {
    const character = buffer.subarray(at, at + lengthBy(buffer[at] ?? 0));
    const isText = isUtf8(character);
    name += isText ? character.toString() : String.fromCharCode(ESCAPE + (buffer[at] ?? 0));
    at += isText ? character.byteLength : 1;
  }
  return name;
}

/** The bytes of a name. */
export function encodeName(name: string): Buffer {
  if (!ESCAPED.test(name)) return Buffer.from(name);
  return Buffer.concat(
    name
      .split(/([\udc80-\udcff])/u)
      .map((part) => (ESCAPED.test(part) ? Buffer.from([part.charCodeAt(0) - ESCAPE]) : Buffer.from(part))),
  );
}

/** How many bytes the character has that begins with this one. */
function lengthBy(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}
