/** A `hosts.toml` of containerd: where to go for one registry (containerd, docs/hosts.md). */

import { dirname, isAbsolute, join } from 'node:path';

import { quoteText } from '../spec/text.js';
import { fieldsOf, type Fields } from './fields.js';
import { parseGoDuration } from './go-duration.js';
import { headerOf, isReservedHeader } from './header.js';
import { parseMirrorUrl, type MirrorUrl } from './mirror-url.js';
import type { ProxySetting } from '../spec/route.js';
import { parseToml } from './toml.js';

export interface HostEntry {
  /** Undefined for the registry itself, where the file does not name a server. */
  readonly at: MirrorUrl | undefined;
  /** Of `pull`, `resolve` and `push`. */
  readonly capabilities: ReadonlySet<string>;
  /** Paths of files with authorities. */
  readonly ca: readonly string[];
  /** Paths of certificates of ours and their keys. */
  readonly clients: readonly { readonly certificate: string; readonly key: string }[];
  readonly skipVerify: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly dialTimeoutMs?: number | undefined;
  readonly proxy?: ProxySetting | undefined;
}

export interface HostsToml {
  /** Tried in this order. */
  readonly hosts: readonly HostEntry[];
  /** Tried last. */
  readonly server: HostEntry;
}

/** Throws INVALID_CONFIG. Relative paths are meant from where the file is. */
export async function parseHostsToml(text: string, file: string): Promise<HostsToml> {
  const fields = fieldsOf(await parseToml(text, file), quoteText(file));
  const folder = dirname(file);
  const hosts = fields.table('host');
  return {
    hosts: hosts.keys.map((url) => parseEntry(hosts.table(url), { url, folder })),
    server: parseEntry(fields, { url: fields.text('server'), folder }),
  };
}

const CAPABILITIES = ['pull', 'resolve', 'push'];

function parseEntry(
  fields: Fields,
  { url, folder }: { readonly url: string | undefined; readonly folder: string },
): HostEntry {
  const isRoot = fields.flag('override_path');
  const parsed = url === undefined ? undefined : parseMirrorUrl(url);
  if (url !== undefined && parsed === undefined)
    throw fields.wrong(`${quoteText(url)} is not the URL of a registry`);
  const named = fields.texts('capabilities').map((name) => name.toLowerCase());
  const pathOf = (path: string): string => (isAbsolute(path) ? path : join(folder, path));
  return {
    at: parsed && { url: parsed, isRoot },
    capabilities: new Set(named.length === 0 ? CAPABILITIES : named),
    ca: oneOrMore(fields, 'ca').map(pathOf),
    clients: clientsOf(fields, pathOf),
    skipVerify: fields.flag('skip_verify'),
    headers: headersOf(fields.table('header')),
    dialTimeoutMs: timeoutOf(fields),
    proxy: proxyOf(fields),
  };
}

function oneOrMore(fields: Fields, key: string): readonly string[] {
  const value = fields.value(key);
  return typeof value === 'string' ? [value] : fields.texts(key);
}

/** A path, a list of paths, or a list of pairs; where the key is not named it is in the same file. */
function clientsOf(fields: Fields, pathOf: (path: string) => string): HostEntry['clients'] {
  const value = fields.value('client') ?? [];
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.map((one) => {
    const parts: readonly unknown[] = Array.isArray(one) ? one : [one];
    const [certificate, key = ''] = parts;
    if (typeof certificate !== 'string' || certificate === '' || typeof key !== 'string')
      throw fields.wrong('"client" names no certificate and key');
    return { certificate: pathOf(certificate), key: pathOf(key === '' ? certificate : key) };
  });
}

/** Those that are not ours to set are left out: a login goes by way of `reg login`, never to another host. */
function headersOf(fields: Fields): Readonly<Record<string, string>> {
  const names = fields.keys.filter((name) => !isReservedHeader(name));
  return Object.fromEntries(
    names.map((name) => {
      const header = headerOf(name, oneOrMore(fields, name).join(', '));
      if (header === undefined) throw fields.wrong(`${quoteText(name)} is not a valid header`);
      return header;
    }),
  );
}

/** Those that are not spoken are refused by whoever would have to speak to one: a setting that nobody needs harms nobody. */
function proxyOf(fields: Fields): ProxySetting | undefined {
  const url = fields.text('proxy') ?? '';
  return url === '' ? undefined : { url, from: `"proxy" in ${fields.where}` };
}

function timeoutOf(fields: Fields): number | undefined {
  const text = fields.text('dial_timeout') ?? '';
  if (text === '') return undefined;
  const ms = parseGoDuration(text);
  if (ms === undefined)
    throw fields.wrong(`"dial_timeout" is not a time such as "5s": ${quoteText(text, 40)}`);
  return ms;
}
