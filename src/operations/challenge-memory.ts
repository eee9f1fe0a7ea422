/** The file in which the token services of registries are remembered. It may be lost, old or wrong at any time. */

import { dirname } from 'node:path';

import { wallTime } from '../content/system-clock.js';
import { readSmallFile, replaceFile, uniqueName } from '../disk/files.js';
import { makeFolder } from '../disk/make-folder.js';
import type { ChallengeMemory, NamedService } from '../registry/auth/remembered.js';
import { isObject, parseJsonObject, type JsonObject } from '../spec/json.js';

/** How long one is remembered, in milliseconds. */
const LIFE_MS = 7 * 24 * 3_600_000;

/** Largest file that is read, in bytes, and most registries that are remembered: the latest. */
const MAX_SIZE = 64 * 1024;
const MAX_ENTRIES = 50;

interface Entry extends NamedService {
  /** When the registry named it, in milliseconds since 1970. */
  readonly at: number;
}

export interface ChallengeFile extends ChallengeMemory {
  /** Writes what has changed, with mode 0600. Never throws. */
  save(): Promise<void>;
}

/** Read when it is first asked. */
export function openChallengeFile(path: string, now: () => number = wallTime): ChallengeFile {
  const changes = new Map<string, Entry | undefined>();
  let reading: Promise<ReadonlyMap<string, Entry>> | undefined;
  return {
    async recall(registry) {
      const entry = (await (reading ??= read(path))).get(registry);
      if (entry === undefined) return undefined;
      const { at, ...named } = entry;
      return at <= now() && now() < at + LIFE_MS ? named : undefined;
    },
    note: (registry, named) => void changes.set(registry, { ...named, at: now() }),
    forget: (registry) => void changes.set(registry, undefined),
    async save() {
      if (changes.size === 0) return;
      try {
        await write(path, [...(await read(path)), ...changes]);
      } catch {
        // The next run asks the registry first, as this one did.
      }
    },
  };
}

/** What makes no sense counts as nothing. */
async function read(path: string): Promise<ReadonlyMap<string, Entry>> {
  try {
    const bytes = await readSmallFile(path, { cap: MAX_SIZE, code: 'INVALID_CONFIG' });
    if (bytes === undefined) return new Map();
    const { challenges } = parseJsonObject(bytes, { what: 'the cache', code: 'INVALID_CONFIG' });
    if (!isObject(challenges)) return new Map();
    return new Map(
      Object.entries(challenges).flatMap(([registry, value]) => {
        const entry = toEntry(value);
        return entry === undefined ? [] : [[registry, entry] as const];
      }),
    );
  } catch {
    return new Map();
  }
}

function toEntry(value: unknown): Entry | undefined {
  const { realm, service, at }: JsonObject = isObject(value) ? value : {};
  const isEntry = typeof realm === 'string' && typeof service === 'string' && typeof at === 'number';
  return isEntry ? { realm, service, at } : undefined;
}

async function write(
  path: string,
  entries: readonly (readonly [string, Entry | undefined])[],
): Promise<void> {
  // A later one of the same registry counts.
  const kept = [...new Map(entries)]
    .flatMap(([registry, entry]) => (entry === undefined ? [] : [[registry, entry] as const]))
    .sort(([, one], [, other]) => other.at - one.at)
    .slice(0, MAX_ENTRIES);
  const text = `${JSON.stringify({ challenges: Object.fromEntries(kept) })}\n`;
  await makeFolder(dirname(path), 0o700);
  await replaceFile(path, { temporary: `${path}.${uniqueName()}`, bytes: Buffer.from(text), mode: 0o600 });
}
