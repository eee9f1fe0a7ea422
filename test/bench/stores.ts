/** Local stores of any number of small images, to see what their size costs. */

import { existsSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { sha256 } from '../support/contents.js';

/** A store of so many images out of the cache folder, each with a manifest and a config of its own and one layer that all share. */
export function openStoreOf(cache: string, count: number): string {
  const folder = join(cache, `store-of-${count}`);
  // Written last, so what has it is whole.
  if (!existsSync(join(folder, 'oci-layout'))) makeStore(folder, count);
  return folder;
}

function makeStore(folder: string, count: number): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'blobs', 'sha256'), { recursive: true });
  const layer = writeBlob(folder, 'application/vnd.oci.image.layer.v1.tar', Buffer.alloc(1024));
  const manifests = Array.from({ length: count }, (_, position) => {
    const config = {
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [] },
    };
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: writeBlob(folder, 'application/vnd.oci.image.config.v1+json', json({ ...config, position })),
      layers: [layer],
    };
    const name = `docker.io/bench/app-${Math.floor(position / 10)}:${position % 10}`;
    return {
      ...writeBlob(folder, manifest.mediaType, json(manifest)),
      annotations: { 'org.opencontainers.image.ref.name': name },
    };
  });
  finish(folder, manifests);
}

/** A store in `copy` with the blobs of `store`, none of which a name reaches. */
export function copyWithoutNames(store: string, copy: string): void {
  rmSync(copy, { recursive: true, force: true });
  const blobs = join('blobs', 'sha256');
  mkdirSync(join(copy, blobs), { recursive: true });
  for (const name of readdirSync(join(store, blobs)))
    linkSync(join(store, blobs, name), join(copy, blobs, name));
  finish(copy, []);
}

function finish(folder: string, manifests: readonly object[]): void {
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
  writeFileSync(join(folder, 'index.json'), json(index));
  writeFileSync(join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
}

function writeBlob(folder: string, mediaType: string, bytes: Buffer): object {
  const digest = sha256(bytes);
  writeFileSync(join(folder, 'blobs', ...digest.split(':')), bytes);
  return { mediaType, digest, size: bytes.length };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
