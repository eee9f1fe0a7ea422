/** Manifests that are not what they should be. */
import { sha256 } from '../contents.js';
import type { Stage } from './stage.js';

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';

/** A manifest as the tests change it. */
export interface Document {
  mediaType?: unknown;
  config?: unknown;
  layers: { mediaType: string; digest: string; size: number; [key: string]: unknown }[];
  [key: string]: unknown;
}

/** What stands in for a manifest: a value, which is written as JSON; text and bytes stay as they are. */
export type Made = object | string;

/** The registry holds this in place of the image's manifest. */
export function holds(
  make: Made | ((honest: Document) => Made),
  type = OCI_MANIFEST,
): (stage: Stage) => void {
  return ({ registry, graph }) => {
    const value = typeof make === 'function' ? make(JSON.parse(graph.bytes.toString())) : make;
    const bytes =
      value instanceof Uint8Array
        ? Buffer.from(value)
        : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    registry.manifests.set('1', { type, bytes });
    registry.manifests.set(sha256(bytes), { type, bytes });
  };
}

/** As `holds`, with the first layer changed. */
export function holdsLayer(change: object): (stage: Stage) => void {
  return holds(({ layers: [first, ...rest], ...other }: Document) => ({
    ...other,
    layers: [{ ...first, ...change }, ...rest],
  }));
}
