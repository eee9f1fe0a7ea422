/** Tars of whatever entries a test wants, also such as no honest program writes. */

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack, type Header } from 'tar-stream';

import { openFile, type Region } from '../../src/disk/region.js';
import { RegError, type ErrorCode } from '../../src/errors.js';
import { temporaryFolder, type Scope } from '../support/temp.js';

export interface TarEntry extends Partial<Omit<Header, 'name' | 'size'>> {
  readonly name: string;
  readonly content?: string | Uint8Array;
}

/** A tar with these entries in this order, names again and again where the test says so. */
export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content = '', ...header } of entries)
    archive.entry({ mtime: new Date(0), ...header }, Buffer.from(content));
  archive.finalize();
  return buffer(archive);
}

/** Files by name as a tar; what is no bytes and no string is written as JSON. */
export function tarOfFiles(files: Readonly<Record<string, unknown>>): Promise<Buffer> {
  const entries = Object.entries(files).map(([name, content]) => ({
    name,
    content: typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
  }));
  return tarOf(entries);
}

/** A file with these bytes, for as long as the scope lasts. */
export async function fileOf(scope: Scope, bytes: Uint8Array): Promise<string> {
  const file = join(await temporaryFolder(scope), 'test.tar');
  await writeFile(file, bytes);
  return file;
}

export async function regionOf(scope: Scope, file: string): Promise<Region> {
  const opened = await openFile(file);
  scope.after(() => opened.close());
  return opened.region;
}

/** For `assert.rejects`: one clean line of this code that says `text`. */
export function failure(code: ErrorCode, text: string): (error: unknown) => true {
  return (error) => {
    assert(error instanceof RegError, `not a RegError: ${String(error)}`);
    assert.equal(error.code, code, error.message);
    assert.ok(error.message.includes(text), error.message);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    assert.doesNotMatch(error.message, /[\u0000-\u001f\u007f-\u009f]/);
    assert.ok(error.message.length < 2000, `${error.message.length} characters`);
    return true;
  };
}
