/** Media types of layers, in the words of image-spec (1.1, layer.md) and of Docker (distribution, manifest-v2-2.md). */

import { RegError } from '../errors.js';
import { isOciType } from './media-type.js';

export interface LayerKind {
  readonly compression: 'none' | 'gzip' | 'zstd';
  /** Whether it may live elsewhere, as the base layers of Windows do. */
  readonly isForeign?: boolean;
}

const OCI = /^application\/vnd\.oci\.image\.layer\.(nondistributable\.)?v1\.tar(?:\+(gzip|zstd))?$/;
const DOCKER = /^application\/vnd\.docker\.image\.rootfs\.(foreign\.)?diff\.tar(?:\.(gzip|zstd))?$/;

/** The type of a layer in a manifest of `manifestType`. Throws UNSUPPORTED for zstd among Docker's: few read that. */
export function layerTypeFor(manifestType: string, { compression, isForeign = false }: LayerKind): string {
  const suffix = compression === 'none' ? '' : compression;
  if (isOciType(manifestType)) {
    const start = `application/vnd.oci.image.layer.${isForeign ? 'nondistributable.' : ''}v1.tar`;
    return suffix === '' ? start : `${start}+${suffix}`;
  }
  if (compression === 'zstd') throw noZstd();
  const start = `application/vnd.docker.image.rootfs.${isForeign ? 'foreign.' : ''}diff.tar`;
  return suffix === '' ? start : `${start}.${suffix}`;
}

/** What `layerType` is called in a manifest of `manifestType`: the bytes are the same. What is neither's stays. */
export function layerTypeIn(manifestType: string, layerType: string): string {
  if (isOciType(manifestType) === isOciType(layerType)) return layerType;
  const found = OCI.exec(layerType) ?? DOCKER.exec(layerType);
  if (found === null) return layerType;
  const [, foreign, compression = 'none'] = found;
  const isKnown = compression === 'gzip' || compression === 'zstd';
  return layerTypeFor(manifestType, {
    compression: isKnown ? compression : 'none',
    isForeign: foreign !== undefined,
  });
}

function noZstd(): RegError {
  return new RegError('UNSUPPORTED', "the image is in Docker's format, which has no layers of zstd", {
    hint: 'Compress the layer with gzip.',
  });
}
