/**
 * containerd's folder for a registry, `certs.d/HOST_PORT_`, `HOST:PORT` or, where there is neither, `_default`: it holds a
 * `hosts.toml`, or certificates as docker has them (containerd, docs/hosts.md).
 */

import { platform } from 'node:os';
import { join } from 'node:path';

import { readAuthorities, readBestKeyPair } from './certificates.js';
import { readCertificates, type HostCertificates } from './certs-d.js';
import { parseHostsToml, type HostEntry, type HostsToml } from './hosts-toml.js';
import { placeAt } from './mirror-url.js';
import type { HostSettings, ImageName, PullSource, Route } from '../spec/route.js';
import { listFolder, readSettingsFile } from './settings-file.js';

export interface Containerd {
  /** Where an image is read from; undefined where nothing is said. Throws INVALID_CONFIG, DISK_ERROR. */
  readonly route: (image: ImageName) => Promise<Route | undefined>;
  /** What is set for the registry itself, and where. Throws INVALID_CONFIG, DISK_ERROR. */
  readonly settings: (
    host: string,
  ) => Promise<{ readonly settings: HostSettings; readonly from: string } | undefined>;
}

interface HostFolder {
  readonly path: string;
  readonly toml?: HostsToml | undefined;
  readonly certificates?: HostCertificates | undefined;
}

/** What containerd was told in `root`, a `certs.d`; with `withProxies` false all but its proxies. */
export function createContainerd(
  root: string | undefined,
  { withProxies = true }: { readonly withProxies?: boolean } = {},
): Containerd {
  const folders = new Map<string, Promise<HostFolder | undefined>>();
  const look = async (host: string): Promise<HostFolder | undefined> => {
    const folder = await findFolder(root, host);
    if (folder?.toml === undefined || withProxies) return folder;
    const { hosts, server } = folder.toml;
    return { ...folder, toml: { hosts: hosts.map(withoutProxy), server: withoutProxy(server) } };
  };
  const find = (host: string): Promise<HostFolder | undefined> => {
    const found = folders.get(host) ?? look(host);
    folders.set(host, found);
    return found;
  };
  return {
    async route(image) {
      const folder = await find(image.domain);
      return folder?.toml === undefined ? undefined : routeBy(folder.toml, { image, folder: folder.path });
    },
    async settings(host) {
      const folder = await find(host);
      if (folder === undefined) return undefined;
      const { path, toml, certificates } = folder;
      if (toml === undefined) return certificates && { settings: certificates, from: path };
      if (!isItself(toml.server, { domain: host, path: '' })) return undefined;
      const isPlain = toml.server.at?.url.protocol === 'http:';
      const settings = { ...(await settingsOf(toml.server)), ...(isPlain && { scheme: 'http' as const }) };
      return { settings, from: join(path, 'hosts.toml') };
    },
  };
}

function withoutProxy(entry: HostEntry): HostEntry {
  return { ...entry, proxy: undefined };
}

/** The first folder that is there counts, and no other. */
async function findFolder(root: string | undefined, host: string): Promise<HostFolder | undefined> {
  if (root === undefined) return undefined;
  for (const name of folderNames(host)) {
    const path = join(root, name);
    const names = await listFolder(path);
    if (names.length === 0) continue;
    const file = join(path, 'hosts.toml');
    const bytes = await readSettingsFile(file);
    const text = bytes?.toString() ?? '';
    if (text.trim() !== '') return { path, toml: await parseHostsToml(text, file) };
    return { path, certificates: await readCertificates(path) };
  }
  return undefined;
}

function folderNames(host: string): readonly string[] {
  const port = /^(.+):(\d+)$/.exec(host);
  const plain = platform() === 'win32' ? host.replaceAll(':', '') : host;
  return [...(port === null ? [] : [`${port[1]}_${port[2]}_`]), plain, '_default'];
}

async function routeBy(
  { hosts, server }: HostsToml,
  { image, folder }: { readonly image: ImageName; readonly folder: string },
): Promise<Route> {
  const usable = hosts.filter(({ capabilities }) => capabilities.has('pull'));
  const places = await Promise.all(usable.map((entry) => placeOf(entry, image)));
  // What is named as a host and is the registry itself is where the search ends.
  const end = places.findIndex(({ namespace }) => namespace === undefined);
  const instead = end < 0 ? await insteadOf(server, image) : places[end];
  return {
    mirrors: end < 0 ? places : places.slice(0, end),
    ...(instead && { instead: { ...instead, resolves: true } }),
    from: join(folder, 'hosts.toml'),
  };
}

async function insteadOf(server: HostEntry, image: ImageName): Promise<PullSource | undefined> {
  return isItself(server, image) ? undefined : placeOf(server, image);
}

function isItself({ at }: HostEntry, image: ImageName): boolean {
  return at === undefined || placeAt(at, image).namespace === undefined;
}

async function placeOf(entry: HostEntry, image: ImageName): Promise<PullSource> {
  const { at, capabilities } = entry;
  const where = at === undefined ? { host: image.domain, path: image.path } : placeAt(at, image);
  return { ...where, resolves: capabilities.has('resolve'), settings: await settingsOf(entry) };
}

async function settingsOf({
  ca,
  clients,
  skipVerify,
  headers,
  dialTimeoutMs,
  proxy,
}: HostEntry): Promise<HostSettings> {
  const authorities = await Promise.all(ca.map((file) => readAuthorities(file)));
  const identity = await readBestKeyPair(clients);
  return {
    ...(authorities.length > 0 && { authorities }),
    ...(identity && { identity }),
    ...(skipVerify && { insecure: true }),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(dialTimeoutMs !== undefined && { connectTimeoutMs: dialTimeoutMs }),
    ...(proxy && { proxy }),
  };
}
