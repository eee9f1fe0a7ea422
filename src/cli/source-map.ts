/** Leads from the bundled, minified code back to the sources, by the maps beside it: for stacks that a person reports. */

import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';

import { isObject } from '../spec/json.js';

/** `run (/usr/lib/reg/dist/cli/main.cjs:4:1234)`, or the place alone. */
const FRAME = /^(?:(.*) \()?(.*\.cjs):(\d+):(\d+)\)?$/;

/** A frame of a stack in terms of the sources, `src/cli/main.ts:25:3`; as it is where no map knows better. */
export function inSources(frame: string): string {
  const [, , file = '', line, column] = FRAME.exec(frame) ?? [];
  if (file === '') return frame;
  try {
    const map: unknown = JSON.parse(readFileSync(`${file}.map`, 'utf8'));
    if (!isSourceMap(map)) return frame;
    const found = new SourceMap(map).findEntry(Number(line) - 1, Number(column) - 1);
    if (!('originalSource' in found)) return frame;
    const source = found.originalSource.replace(/^(\.\.\/)+/, '');
    return `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  } catch {
    // There is no map, or it can't be read: the frame still says something.
    return frame;
  }
}

function isSourceMap(value: unknown): value is SourceMapPayload {
  return isObject(value) && typeof value['mappings'] === 'string' && Array.isArray(value['sources']);
}
