/**
 * `reg unpack`: the file system of an image into a directory.
 *
 *     layer ─▶ layer ─▶ layer ─▶ a directory beside the target ─▶ directories' modes and times ─▶ its name
 */

import { requireFreeSpace } from '../../disk/free-space.js';
import { isWindows, thisProcess, thisUser } from '../../disk/this-process.js';
import { explain, hasCode } from '../../errors.js';
import { DiskTree } from '../../rootfs/disk-tree.js';
import type { Losses } from '../../rootfs/losses.js';
import { openRootTarget, type RootTarget } from '../../rootfs/target.js';
import type { Digest } from '../../spec/digest.js';
import { cleanText } from '../../spec/text.js';
import { applyLayers, follow, sizeOf, type ReadLayersOptions } from './apply-layers.js';
import { readImageLayers } from './image-layers.js';
import { makeNode } from './make-node.js';
import { openPlace } from '../places/source-place.js';

export interface UnpackOptions extends ReadLayersOptions {
  /** Replaces a directory that is not empty. Default false. */
  readonly force?: boolean | undefined;
}

export interface UnpackResult extends Losses {
  /** Full reference or tag of the image; absent where it has none. */
  readonly name?: string;
  /** Of the manifest of the image that was unpacked. */
  readonly digest: Digest;
  /** The directory, as it was given. */
  readonly path: string;
}

/**
 * Unpacks the image at a place into `path`, which appears when all of it is there and verified. Throws INVALID_ARGUMENT
 * for a directory that may not be replaced, UNSAFE_ARCHIVE, DIGEST_MISMATCH, TOO_LARGE, STORE_LOCKED, DISK_FULL,
 * DISK_ERROR, UNSUPPORTED for what is no image, and as `openPlace`.
 */
export async function unpackImage(
  image: string,
  path: string,
  options: UnpackOptions,
): Promise<UnpackResult> {
  const target = await openRootTarget(path, { ...thisProcess, force: options.force });
  let isKept = false;
  try {
    return await unpackInto(target, { ...options, image, path });
  } catch (error) {
    // Removing takes its time; the next run does it.
    isKept = hasCode(error, 'ABORTED');
    throw explain(error, `cannot unpack ${cleanText(image)}`, { side: 'source' });
  } finally {
    await target.close({ isKept });
  }
}

interface Work extends UnpackOptions {
  readonly image: string;
  readonly path: string;
}

async function unpackInto(target: RootTarget, { image, path, ...options }: Work): Promise<UnpackResult> {
  const place = await openPlace(image, options);
  try {
    const { digest, layers } = await readImageLayers(place, { ...options, name: image });
    await requireFreeSpace(target.folder, sizeOf(layers));
    const tree = new DiskTree(target.folder, { user: thisUser, isWindows, makeNode });
    const { followed, onDone } = follow(layers, options.onEvent);
    await applyLayers(tree, followed, { ...options, onDone });
    const losses = tree.finish();
    await target.publish();
    const { owners, setIds, devices, twins, xattrs } = losses;
    const { name } = place;
    return { ...(name === undefined ? {} : { name }), digest, path, owners, setIds, devices, twins, xattrs };
  } finally {
    await place.close();
  }
}
