/**
 * What podman, buildah and skopeo were told of registries, all files together (containers-registries.conf.d(5)): the
 * person's own file in place of the system's, then drop-ins, a later table over an earlier one with the same prefix.
 */

import { join } from 'node:path';

import { RegError } from '../errors.js';
import { parseReference } from '../spec/reference.js';
import { quoteText } from '../spec/text.js';
import type { Folders } from './folders.js';
import type { HostSettings, ImageName, PullSource, Route } from '../spec/route.js';
import {
  parseRegistriesConf,
  type ConfFile,
  type MirrorTable,
  type RegistryTable,
} from './registries-conf.js';
import { listFolder, readSettingsFile } from './settings-file.js';

export interface Registries {
  /** The table for an image; of several the one with the longest prefix. */
  readonly find: (image: ImageName) => RegistryTable | undefined;
}

export interface RegistriesFiles extends Pick<Folders, 'home' | 'system'> {
  /** The value of `CONTAINERS_REGISTRIES_CONF`: this file in place of the person's and the system's. */
  readonly named?: string | undefined;
}

/** Throws INVALID_CONFIG, DISK_ERROR. */
export async function readRegistries(files: RegistriesFiles): Promise<Registries> {
  const tables = new Map<string, RegistryTable>();
  for (const file of await readAll(files))
    for (const table of await parseRegistriesConf(file)) tables.set(table.prefix, table);
  return {
    find: (image) => {
      const fitting = [...tables.values()].filter(({ prefix }) => restAfter(prefix, image) !== undefined);
      return fitting.sort((a, b) => b.prefix.length - a.prefix.length)[0];
    },
  };
}

/** Throws DENIED where a table forbids its images. */
export function refuseBlocked({ prefix, blocked, file }: RegistryTable): void {
  if (!blocked) return;
  throw new RegError('DENIED', `this machine may not use images of ${quoteText(prefix)}`, {
    hint: `That is what "blocked" says in ${quoteText(file)}.`,
  });
}

/** Where an image is read from by its table; undefined where that is the registry itself. Throws INVALID_CONFIG. */
export function routeBy(table: RegistryTable, image: ImageName): Route | undefined {
  const { prefix, location, insecure, mirrors, file } = table;
  const isDigest = image.digest !== undefined;
  const used = mirrors.filter(({ use }) => use === 'all' || (use === 'digest-only') === isDigest);
  const isOther = insecure || (location !== '' && location !== prefix);
  if (used.length === 0 && !isOther) return undefined;
  return {
    mirrors: used.map((mirror) => placeOf(mirror, { table, image })),
    ...(isOther && { instead: placeOf({ location, insecure }, { table, image }) }),
    from: file,
  };
}

/** Settings of what is marked as insecure: TLS that nobody vouches for, or none. */
export const INSECURE: HostSettings = { insecure: true, scheme: 'ask' };

function placeOf(
  { location, insecure }: Pick<MirrorTable, 'location' | 'insecure'>,
  { table, image }: { readonly table: RegistryTable; readonly image: ImageName },
): PullSource {
  const rest = restAfter(table.prefix, image) ?? '';
  const { domain, path } = location === '' ? image : parseReference(location + rest);
  if (location !== '' && domain !== location.split('/')[0]) {
    throw new RegError(
      'INVALID_CONFIG',
      `${quoteText(table.file)}: ${quoteText(location)} does not begin with a host`,
    );
  }
  return { host: domain, path, resolves: true, settings: insecure ? INSECURE : {} };
}

/** What comes after the prefix in the name of an image; undefined where it does not begin with that. */
function restAfter(prefix: string, { domain, path, tag, digest }: ImageName): string | undefined {
  const repository = `${domain}/${path}`;
  if (prefix.startsWith('*.')) {
    const isBelow = domain.replace(/:\d+$/, '').endsWith(prefix.slice(1));
    return isBelow ? repository.slice(domain.length) : undefined;
  }
  const full = `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
  if (!full.startsWith(prefix)) return undefined;
  // Not a colon after a host alone: that is a port, and another registry.
  const mark = full[prefix.length] ?? '';
  const isEnd = mark === '' || mark === '/' || (prefix.includes('/') && /[:@]/.test(mark));
  return isEnd ? repository.slice(prefix.length) : undefined;
}

async function readAll({ named = '', home, system }: RegistriesFiles): Promise<readonly ConfFile[]> {
  const own = home === undefined ? undefined : { isOwn: true, path: join(home, '.config', 'containers') };
  const shared = system === undefined ? undefined : { isOwn: false, path: join(system, 'containers') };
  const first = named === '' ? await readMain(own) : await readNamed(named);
  const main = first.length > 0 ? first : await readMain(shared);
  // A file of the person's stands in place of all that the system says; one that is named, of its main file alone.
  const isAlone = named === '' && first.length > 0;
  return [...main, ...(isAlone ? [] : await readDropIns(shared)), ...(await readDropIns(own))];
}

interface ConfFolder {
  readonly isOwn: boolean;
  readonly path: string;
}

async function readNamed(file: string): Promise<readonly ConfFile[]> {
  const found = await read([file], { isOwn: true });
  if (found.length > 0) return found;
  throw new RegError(
    'INVALID_CONFIG',
    `CONTAINERS_REGISTRIES_CONF names ${quoteText(file)}, which cannot be read`,
  );
}

async function readMain(folder: ConfFolder | undefined): Promise<readonly ConfFile[]> {
  return folder === undefined ? [] : read([join(folder.path, 'registries.conf')], folder);
}

async function readDropIns(folder: ConfFolder | undefined): Promise<readonly ConfFile[]> {
  if (folder === undefined) return [];
  const path = join(folder.path, 'registries.conf.d');
  const names = (await listFolder(path)).filter((name) => name.endsWith('.conf'));
  return read(
    names.map((name) => join(path, name)),
    folder,
  );
}

async function read(
  files: readonly string[],
  { isOwn }: { readonly isOwn: boolean },
): Promise<readonly ConfFile[]> {
  const found = await Promise.all(files.map((file) => readSettingsFile(file)));
  return files.flatMap((file, at) => {
    const bytes = found[at];
    return bytes === undefined ? [] : [{ file, text: bytes.toString(), isOwn }];
  });
}
