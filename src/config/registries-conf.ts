/** One `registries.conf` of podman, buildah and skopeo: `[[registry]]` tables (containers-registries.conf(5)). */

import { quoteText } from '../spec/text.js';
import { fieldsOf, type Fields } from './fields.js';
import { parseToml } from './toml.js';

export interface RegistryTable {
  /** Beginning of the names that it is for: a host, perhaps with a path, a tag or digest; or `*.` and a domain. */
  readonly prefix: string;
  /** What stands in place of the prefix at the registry itself. */
  readonly location: string;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrors: readonly MirrorTable[];
  readonly file: string;
  /** Whether the file is the person's own. */
  readonly isOwn: boolean;
}

export interface MirrorTable {
  readonly location: string;
  readonly insecure: boolean;
  /** The kind of names that it is used for. */
  readonly use: 'all' | 'digest-only' | 'tag-only';
}

/** A file that was read. */
export interface ConfFile {
  readonly file: string;
  readonly text: string;
  readonly isOwn: boolean;
}

/**
 * The tables of a file; of several with one prefix the first. Aliases of short names are left aside: Docker's rules
 * for names stand. Throws INVALID_CONFIG.
 */
export async function parseRegistriesConf({ text, ...file }: ConfFile): Promise<readonly RegistryTable[]> {
  if (!ANYTHING.test(text)) return [];
  const fields = fieldsOf(await parseToml(text, file.file), quoteText(file.file));
  const tables = fields.tables('registry').map((table) => ({ ...parseTable(table), ...file }));
  const old = oldTables(fields).map((table) => ({ ...table, ...file }));
  if (old.length > 0 && tables.length > 0)
    throw fields.wrong('"registry" and "registries" do not go together');
  const firsts = new Map<string, RegistryTable>();
  for (const table of [...tables, ...old]) if (!firsts.has(table.prefix)) firsts.set(table.prefix, table);
  return [...firsts.values()];
}

/** Most files hold comments and aliases only; to load a reader of TOML for them would cost more than to look. */
const ANYTHING = /^\s*(?:\[\[?\s*["']?registr(?:y|ies)\b|["']?registr(?:y|ies)["']?\s*(?:=\s*[[{]|\.))/m;

function parseTable(fields: Fields): Omit<RegistryTable, keyof ConfFile> {
  const written = nameIn(fields, 'location');
  const prefix = nameIn(fields, 'prefix') || written;
  const isWild = prefix.startsWith('*.');
  if (prefix === '') throw fields.wrong('it has neither "location" nor "prefix"');
  if (isWild && /[/@:]/.test(prefix))
    throw fields.wrong(`${quoteText(prefix)} is not of the form *.example.com`);
  if (!isWild && written === '') throw fields.wrong(`"location" is missing for ${quoteText(prefix)}`);
  if (fields.text('pull-from-mirror') !== undefined)
    throw fields.wrong('"pull-from-mirror" is for mirrors only');
  const isDigestOnly = fields.flag('mirror-by-digest-only');
  return {
    prefix,
    location: written,
    insecure: fields.flag('insecure'),
    blocked: fields.flag('blocked'),
    mirrors: fields.tables('mirror').map((mirror) => parseMirror(mirror, isDigestOnly)),
  };
}

function parseMirror(fields: Fields, isDigestOnly: boolean): MirrorTable {
  const location = nameIn(fields, 'location');
  if (location === '') throw fields.wrong('"location" is missing');
  const use = fields.text('pull-from-mirror') ?? '';
  if (isDigestOnly && use !== '')
    throw fields.wrong('"pull-from-mirror" does not go together with "mirror-by-digest-only"');
  return {
    location,
    insecure: fields.flag('insecure'),
    use: isDigestOnly ? 'digest-only' : useOf(use, fields),
  };
}

function useOf(text: string, fields: Fields): MirrorTable['use'] {
  if (text === '' || text === 'all') return 'all';
  if (text === 'digest-only' || text === 'tag-only') return text;
  throw fields.wrong(`"pull-from-mirror" is not "all", "digest-only" or "tag-only": ${quoteText(text, 40)}`);
}

function nameIn(fields: Fields, key: string): string {
  const text = (fields.text(key) ?? '').replace(/\/+$/, '');
  if (/^https?:\/\//.test(text)) throw fields.wrong(`${quoteText(key)} has a scheme: ${quoteText(text)}`);
  return text;
}

/** Version 1 of the format, which has lists of hosts. */
function oldTables(fields: Fields): readonly Omit<RegistryTable, keyof ConfFile>[] {
  const old = fields.table('registries');
  const [insecure, blocked] = ['insecure', 'block'].map((key) => new Set(old.table(key).texts('registries')));
  return [...new Set([...(insecure ?? []), ...(blocked ?? [])])].map((host) => ({
    prefix: host,
    location: host,
    insecure: insecure?.has(host) === true,
    blocked: blocked?.has(host) === true,
    mirrors: [],
  }));
}
