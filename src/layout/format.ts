/** What makes a folder an OCI image layout: the file `oci-layout` (image-spec 1.1, image-layout.md). */

import { readdirSync } from 'node:fs';
import { basename } from 'node:path';

import { RegError } from '../errors.js';
import { isObject, parseJson } from '../spec/json.js';
import { quoteText } from '../spec/text.js';
import { ifThere, onDisk, readSmallFile, replaceFile } from '../disk/files.js';
import { makeFolder } from '../disk/make-folder.js';
import { ALGORITHMS, type Paths } from './paths.js';

const VERSION = '1.0.0';
const MAX_MARKER_SIZE = 4096;

/**
 * Whether the folder is a layout; false while there is nothing in it, or no folder. Throws STORE_CORRUPT for a layout
 * that is broken or of another version, INVALID_ARGUMENT for a folder that holds something else.
 */
export async function isLayout(paths: Paths): Promise<boolean> {
  const bytes = await readSmallFile(paths.marker, { cap: MAX_MARKER_SIZE, code: 'STORE_CORRUPT' });
  if (bytes === undefined) return refuseOther(paths);
  const what = quoteText(paths.marker);
  const marker = parseJson(bytes, { what, code: 'STORE_CORRUPT' });
  const version = isObject(marker) ? marker['imageLayoutVersion'] : undefined;
  if (version === VERSION) return true;
  const found = typeof version === 'string' ? `the version ${quoteText(version, 40)}` : 'no version';
  throw new RegError('STORE_CORRUPT', `${what} has ${found}; expected imageLayoutVersion "${VERSION}"`, {
    hint: 'Was it written by a newer program? Choose another directory with --store.',
  });
}

async function refuseOther(paths: Paths): Promise<boolean> {
  const names = await onDisk({ verb: 'read', path: paths.folder }, () =>
    ifThere(() => readdirSync(paths.folder)),
  );
  // A fresh disk has a `lost+found`, and hidden files are of no matter to anyone.
  const others = (names ?? []).filter((name) => !name.startsWith('.') && name !== 'lost+found');
  if (others.length === 0) return false;
  // Another process has just made it.
  if (others.includes(basename(paths.marker))) return isLayout(paths);
  const folder = quoteText(paths.folder);
  if (others.includes('index.json') || others.includes('blobs')) {
    throw new RegError('STORE_CORRUPT', `the store ${folder} has lost its file "oci-layout"`, {
      hint: `If it is an OCI image layout, write {"imageLayoutVersion":"${VERSION}"} into that file.`,
    });
  }
  throw new RegError('INVALID_ARGUMENT', `the directory ${folder} is not empty and not an OCI image layout`, {
    hint: 'Choose another directory for the store.',
  });
}

/** Makes the folders that a lock needs. They alone are no layout: see `markLayout`. */
export async function makeFolders(paths: Paths): Promise<void> {
  const path = paths.folder;
  await onDisk({ verb: 'create', path }, () => makeFolder(paths.work));
}

/** Makes the folder a layout; to be called under the lock. */
export async function markLayout(paths: Paths): Promise<void> {
  const text = JSON.stringify({ imageLayoutVersion: VERSION });
  await replaceFile(paths.marker, { temporary: paths.inWork('oci-layout'), bytes: Buffer.from(text) });
  for (const path of ALGORITHMS.map((algorithm) => paths.blobFolder(algorithm))) {
    await onDisk({ verb: 'create', path }, () => makeFolder(path));
  }
}
