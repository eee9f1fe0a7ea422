/**
 * Folders `certs.d/HOST[:PORT]/`, by which docker and podman are told whom to believe and who to be:
 *
 *     *.crt                  authorities
 *     NAME.cert, NAME.key    a certificate of ours, and its key
 *
 * (docs.docker.com, "Verify repository client with certificates"; containers-certs.d(5)). The port stands in the name
 * of the folder where it stands in the reference.
 */

import { platform } from 'node:os';
import { join } from 'node:path';

import { RegError } from '../errors.js';
import type { Identity } from '../spec/route.js';
import { quoteText } from '../spec/text.js';
import { readAuthorities, readBestKeyPair } from './certificates.js';
import { listFolder } from './settings-file.js';

export interface HostCertificates {
  /** PEM. */
  readonly authorities: readonly string[];
  readonly identity?: Identity | undefined;
  /** The folders that had any. */
  readonly from: readonly string[];
}

/**
 * What the folders `roots`, each a `certs.d`, hold for a host: all authorities, and the first certificate of ours.
 * Throws INVALID_CONFIG for half a pair and for what is no certificate or key, DISK_ERROR.
 */
export async function readCertsD(roots: readonly string[], host: string): Promise<HostCertificates> {
  const found = await Promise.all(roots.map((root) => readCertificates(join(root, folderOf(host)))));
  const full = found.filter(({ from }) => from.length > 0);
  return {
    authorities: full.flatMap(({ authorities }) => authorities),
    identity: full.find(({ identity }) => identity !== undefined)?.identity,
    from: full.flatMap(({ from }) => from),
  };
}

/** What one folder holds; of several pairs the first by name that has not run out. Throws as `readCertsD`. */
export async function readCertificates(folder: string): Promise<HostCertificates> {
  const names = await listFolder(folder);
  const pairs = pairsIn(folder, names);
  const authorities = names.filter((name) => name.endsWith('.crt')).map((name) => join(folder, name));
  const identity = await readBestKeyPair(pairs);
  return {
    authorities: await Promise.all(authorities.map((file) => readAuthorities(file))),
    ...(identity && { identity }),
    from: authorities.length + pairs.length > 0 ? [folder] : [],
  };
}

function pairsIn(
  folder: string,
  names: readonly string[],
): readonly { readonly certificate: string; readonly key: string }[] {
  const stems = new Set(names.flatMap((name) => /^(.+)\.(?:cert|key)$/.exec(name)?.[1] ?? []));
  return [...stems].map((stem) => {
    const [certificate, key] = [`${stem}.cert`, `${stem}.key`];
    const missing = [certificate, key].find((name) => !names.includes(name));
    if (missing === undefined) return { certificate: join(folder, certificate), key: join(folder, key) };
    const half = missing === key ? certificate : key;
    throw new RegError('INVALID_CONFIG', `${quoteText(join(folder, half))} has no ${missing} beside it`, {
      hint: 'A client certificate needs both; certificates of authorities are named NAME.crt.',
    });
  });
}

/** A colon can't stand in the name of a file on Windows; docker leaves it out there. */
function folderOf(host: string): string {
  return platform() === 'win32' ? host.replaceAll(':', '') : host;
}
