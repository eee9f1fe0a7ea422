/** The file in which it is remembered what registries said of themselves. It may be lost, old or wrong at any time. */

import { dirname } from 'node:path';

import { wallTime } from '../../content/system-clock.js';
import { readSmallFile, replaceFile } from '../../disk/files.js';
import { makeFolder } from '../../disk/make-folder.js';
import type { HostMemory } from '../../registry/client-options.js';
import { isObject, parseJsonObject, type JsonObject } from '../../spec/json.js';

/** How long it is remembered, in milliseconds. */
const LIFE_MS = 7 * 24 * 3_600_000;

/** Largest file that is read, in bytes, and most that is remembered of each kind: the latest. */
const MAX_SIZE = 64 * 1024;
const MAX_ENTRIES = 50;

/** With the time, in milliseconds since 1970. */
interface Entry {
  readonly at: number;
  /** Of a token service. */
  readonly realm?: string;
  readonly service?: string;
}

type Entries = ReadonlyMap<string, Entry>;

export interface HostMemoryFile extends HostMemory {
  /** Writes what has changed, with mode 0600. Never throws. */
  save(): Promise<void>;
}

/** Read when it is first asked. */
export function openHostMemory(path: string, now: () => number = wallTime): HostMemoryFile {
  const changes = new Map<string, Entry | undefined>();
  let reading: Promise<Entries> | undefined;
  const recall = async (key: string): Promise<Entry | undefined> => {
    const entry = (await (reading ??= read(path))).get(key);
    return entry !== undefined && entry.at <= now() && now() < entry.at + LIFE_MS ? entry : undefined;
  };
  return {
    async recall(registry) {
      const { realm, service } = (await recall(registry)) ?? {};
      return realm === undefined || service === undefined ? undefined : { realm, service };
    },
    note: (registry, named) => void changes.set(registry, { ...named, at: now() }),
    forget: (registry) => void changes.set(registry, undefined),
    // A host is no URL, so that the two are never taken for each other.
    isPlain: async (host) => (await recall(host)) !== undefined,
    notePlain: (host, isPlain) => void changes.set(host, isPlain ? { at: now() } : undefined),
    async save() {
      if (changes.size === 0) return;
      const known = await read(path);
      const isNews = [...changes].some(([key, entry]) => entry !== undefined || known.has(key));
      if (!isNews) return;
      try {
        await write(path, [...known, ...changes]);
      } catch {
        // The next run asks first, as this one did.
      }
    },
  };
}

/** What makes no sense counts as nothing. */
async function read(path: string): Promise<Entries> {
  try {
    const bytes = await readSmallFile(path, { cap: MAX_SIZE, code: 'INVALID_CONFIG' });
    if (bytes === undefined) return new Map();
    const { hosts } = parseJsonObject(bytes, { what: 'the cache', code: 'INVALID_CONFIG' });
    const entries = Object.entries(isObject(hosts) ? hosts : {});
    return new Map(entries.flatMap(([key, value]) => (isEntry(value) ? [[key, value] as const] : [])));
  } catch {
    return new Map();
  }
}

function isEntry(value: unknown): value is Entry {
  const { at, realm = '', service = '' }: JsonObject = isObject(value) ? value : {};
  return typeof at === 'number' && typeof realm === 'string' && typeof service === 'string';
}

async function write(
  path: string,
  entries: readonly (readonly [string, Entry | undefined])[],
): Promise<void> {
  // A later one of the same name counts.
  const kept = [...new Map(entries)]
    .flatMap(([key, entry]) => (entry === undefined ? [] : [[key, entry] as const]))
    .sort(([, one], [, other]) => other.at - one.at)
    .slice(0, MAX_ENTRIES);
  const text = `${JSON.stringify({ hosts: Object.fromEntries(kept) })}\n`;
  makeFolder(dirname(path), 0o700);
  await replaceFile(path, { temporary: `${path}.next`, bytes: Buffer.from(text), mode: 0o600 });
}
