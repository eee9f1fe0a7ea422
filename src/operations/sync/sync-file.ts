/**
 * What `reg sync` is to keep alike, as a file says it:
 *
 *     images:
 *       - source: docker.io/library/alpine     a repository, or one image with its tag
 *         tags: ["3.2*", "/^edge/", "semver:>=3.18"]
 *         to: [registry.local/mirror/alpine]
 *         platforms: [linux/amd64, linux/arm64]
 *         referrers: true
 */

import { notThere, readSmallFile } from '../../disk/files.js';
import { RegError } from '../../errors.js';
import { isObject } from '../../spec/json.js';
import { parsePlatform, type Platform } from '../../spec/platform.js';
import { parseReference, type Reference } from '../../spec/reference.js';
import { quoteText } from '../../spec/text.js';
import { parseNamePatterns, type NamePattern } from '../listing/name-pattern.js';

/** One repository, or one image, and where it is to be as well. */
export interface SyncEntry {
  readonly source: Reference;
  /** Which tags, as the file has it; of none, all of them. A source with a tag or a digest has none. */
  readonly tags: readonly string[];
  /** Whether a tag is one of them. */
  readonly isMeant: NamePattern;
  /** Repositories, or for one image also names with a tag. */
  readonly destinations: readonly Reference[];
  readonly platforms: readonly Platform[];
  readonly referrers: boolean;
}

/** Largest file that is read. */
const MAX_SIZE = 1024 * 1024;

const KEYS: ReadonlySet<string> = new Set(['source', 'tags', 'to', 'platforms', 'referrers']);

/** Reads a file of entries. Throws INVALID_CONFIG, with the place of what is wrong, NOT_FOUND. */
export async function readSyncFile(path: string): Promise<readonly SyncEntry[]> {
  const bytes = await readSmallFile(path, { cap: MAX_SIZE, code: 'INVALID_CONFIG' });
  if (bytes === undefined) throw notThere(path);
  const document = await parseYaml(bytes.toString('utf8'), quoteText(path));
  const images = isObject(document) ? document['images'] : undefined;
  if (!Array.isArray(images)) throw new RegError('INVALID_CONFIG', `${quoteText(path)} has no list "images"`);
  return Promise.all(
    images.map((value: unknown, position) => readEntry(value, `${quoteText(path)}: images[${position}]`)),
  );
}

async function parseYaml(text: string, what: string): Promise<unknown> {
  const { parse, YAMLError } = await import('yaml');
  try {
    // Aliases make much of little, and nobody needs them here.
    return parse(text, { maxAliasCount: 0, prettyErrors: true });
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : '').split('\n');
    const where = error instanceof YAMLError && error.linePos ? ` in line ${error.linePos[0].line}` : '';
    throw new RegError('INVALID_CONFIG', `${what} is not valid YAML${where}: ${quoteText(reason)}`, {
      cause: error,
    });
  }
}

async function readEntry(value: unknown, where: string): Promise<SyncEntry> {
  if (!isObject(value)) throw new RegError('INVALID_CONFIG', `${where} is not a map`);
  const unknown = Object.keys(value).find((key) => !KEYS.has(key));
  if (unknown !== undefined)
    throw new RegError('INVALID_CONFIG', `${where} has the unknown key ${quoteText(unknown)}`);
  const [source] = texts(value['source'], `${where}: "source"`).map(parseReference);
  const destinations = texts(value['to'], `${where}: "to"`).map(parseReference);
  if (source === undefined || destinations.length === 0)
    throw new RegError('INVALID_CONFIG', `${where} needs "source" and "to"`);
  const tags = texts(value['tags'], `${where}: "tags"`);
  const isMeant = await parseNamePatterns(tags, { code: 'INVALID_CONFIG' });
  const isOne = source.tag !== undefined || source.digest !== undefined;
  if (isOne && tags.length > 0)
    throw new RegError('INVALID_CONFIG', `${where} has "tags", and a source that names one image`);
  const named = destinations.find(({ tag, digest }) => digest !== undefined || (tag !== undefined && !isOne));
  if (named !== undefined)
    throw new RegError('INVALID_CONFIG', `${where}: "to" names one image, and the source has several`);
  return {
    source,
    tags,
    isMeant,
    destinations,
    platforms: texts(value['platforms'], `${where}: "platforms"`).map((text) => parsePlatform(text)),
    referrers: flag(value['referrers'], `${where}: "referrers"`),
  };
}

/** One text, or a list of them; none where there is nothing. */
function texts(value: unknown, where: string): readonly string[] {
  const list: readonly unknown[] =
    value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
  return list.map((item) => {
    // YAML takes 3.20 for a number, and would make it 3.2.
    if (typeof item === 'string') return item;
    throw new RegError('INVALID_CONFIG', `${where} is not a string`, { hint: 'Put it in quotes.' });
  });
}

function flag(value: unknown, where: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw new RegError('INVALID_CONFIG', `${where} is neither true nor false`);
}
