/** A JSON file with settings that several programs write: read strictly, changed under a lock and in one step. */

import { realpathSync, statSync } from 'node:fs';
import { platform } from 'node:os';
import { dirname } from 'node:path';

import type { Clock } from '../content/retry.js';
import { Claims } from '../disk/claim.js';
import { ifThere, onDisk, readSmallFile, replaceFile } from '../disk/files.js';
import { Lock, type Notice } from '../disk/lock.js';
import { makeFolder } from '../disk/make-folder.js';
import type { ProcessFacts } from '../disk/owner.js';
import { parseJsonObject, type JsonObject } from '../spec/json.js';
import { quoteText } from '../spec/text.js';

/** Largest file that is read: 1 MiB. */
const MAX_SIZE = 1024 * 1024;

/** What a change needs to know: who makes it, and how to wait for others. */
export interface ChangeOptions extends ProcessFacts {
  readonly clock: Clock;
  readonly onNotice?: ((notice: Notice) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the file holds; an empty object when it is not there. Throws INVALID_CONFIG, DISK_ERROR. */
export async function readConfigFile(path: string): Promise<JsonObject> {
  return parse(await read(await follow(path)), path);
}

/**
 * Replaces what the file holds, with mode 0600; the folder is made when it is missing. A link is followed, so that it
 * stays one. Throws as `readConfigFile`, and STORE_LOCKED, DISK_FULL.
 */
export async function changeConfigFile(
  path: string,
  update: (config: JsonObject) => JsonObject,
  { clock, onNotice, signal, ...facts }: ChangeOptions,
): Promise<void> {
  const target = await follow(path);
  const folder = dirname(target);
  const lock = new Lock({
    path: target,
    what: quoteText(path),
    prepare: () => onDisk({ verb: 'create', path: folder }, () => makeFolder(folder, 0o700)),
    claims: new Claims(facts),
    clock,
    onNotice,
  });
  await lock.hold(() => change(target, update, signal), { signal });
}

/** Other programs know nothing of the lock: when one of them has been faster, its change is the one to build upon. */
async function change(
  path: string,
  update: (config: JsonObject) => JsonObject,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let isDone = false; !isDone;) {
    signal?.throwIfAborted();
    const before = await read(path);
    const text = `${JSON.stringify(update(parse(before, path)), undefined, '\t')}\n`;
    isDone = await replaceFile(path, {
      temporary: `${path}.next`,
      bytes: Buffer.from(text),
      mode: 0o600,
      isWanted: async () => isSame(before, await read(path)),
    });
  }
}

function read(path: string): Promise<Buffer | undefined> {
  return readSmallFile(path, { cap: MAX_SIZE, code: 'INVALID_CONFIG' });
}

function parse(bytes: Buffer | undefined, path: string): JsonObject {
  if (bytes === undefined) return {};
  const hint = 'Correct the file, or move it away and log in again.';
  return parseJsonObject(bytes, { what: quoteText(path), code: 'INVALID_CONFIG', hint });
}

function isSame(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}

/** Whether others on this machine may read the file; false where it is not there, and on Windows, which has no modes. */
export async function isReadableByOthers(path: string): Promise<boolean> {
  if (platform() === 'win32') return false;
  const stats = await onDisk({ verb: 'read', path }, () => ifThere(() => statSync(path)));
  return stats !== undefined && (stats.mode & 0o044) !== 0;
}

/** Where a link leads: people keep such files in a repository of their own and link to them. */
async function follow(path: string): Promise<string> {
  return (await onDisk({ verb: 'read', path }, () => ifThere(() => realpathSync.native(path)))) ?? path;
}
