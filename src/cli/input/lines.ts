/** Reads a stream by lines. */

import { addAbortSignal, type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Longest line that is kept whole, in characters; the rest of a longer one is dropped. */
const MAX_LENGTH = 64 * 1024;

/** The lines of `input`, without their ends, which are `\n` or `\r\n` and nothing else. Ends with ABORTED. */
export async function* readLines(input: Readable, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of addAbortSignal(signal, input)) {
    const [first = '', ...others] = decoder.write(asBuffer(chunk)).split('\n');
    rest = (rest + first).slice(0, MAX_LENGTH);
    for (const next of others) {
      yield withoutReturn(rest);
      rest = next.slice(0, MAX_LENGTH);
    }
  }
  rest += decoder.end();
  if (rest !== '') yield withoutReturn(rest);
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function asBuffer(chunk: unknown): Buffer {
  return chunk instanceof Uint8Array ? Buffer.from(chunk) : Buffer.from(String(chunk));
}
