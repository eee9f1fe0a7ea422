/** Writes the content of files to the standard output: bytes as they are, and to a terminal only what is text. */

import { RegError } from '../../errors.js';
import { quoteText, spellOut } from '../../spec/text.js';
import { writeTo, type OutputStream } from '../../tar/target.js';
import { formatBytes } from '../units/bytes.js';

/** For messages. */
const OUTPUT = 'the output';

/** Whatever has a zero byte in so many of its first bytes is no text: git's rule (xdiff-interface.c, buffer_is_binary). */
const LOOKED_AT = 8000;

/** What a terminal could take for a command, or what makes text look like another (CVE-2021-42574). */
const CONTROLS = /\r\n|[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Writes all bytes, no faster than they are taken. */
export async function writeBytes(bytes: AsyncIterable<Uint8Array>, to: OutputStream): Promise<void> {
  for await (const chunk of bytes) await writeTo(to, chunk, OUTPUT);
}

interface ShownFile {
  readonly path: string;
  /** Length in bytes. */
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Writes text with control characters spelled out. Throws INVALID_ARGUMENT, before anything is written, for all else. */
export async function writeText({ path, size, bytes }: ShownFile, to: OutputStream): Promise<void> {
  const decoder = new TextDecoder();
  let position = 0;
  for await (const chunk of bytes) {
    if (chunk.subarray(0, Math.max(0, LOOKED_AT - position)).includes(0)) throw noText(path, size);
    position += chunk.byteLength;
    await writeTo(to, shown(decoder.decode(chunk, { stream: true })), OUTPUT);
  }
  await writeTo(to, shown(decoder.decode()), OUTPUT);
}

function shown(text: string): string {
  return text.replace(CONTROLS, (control) =>
    control === '\n' || control === '\r\n' || control === '\t' ? control : spellOut(control),
  );
}

function noText(path: string, size: number): RegError {
  const message = `${quoteText(path)} is binary (${formatBytes(size)}), and the output is a terminal`;
  return new RegError('INVALID_ARGUMENT', message, {
    hint: 'Redirect standard output to a file or a program, or give --raw.',
  });
}
