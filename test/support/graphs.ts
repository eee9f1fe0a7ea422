/** Small graphs in memory, made with `reg`'s own values, for tests of the floors below any registry. */

import { Memory } from '../../src/content/memory.js';
import { contentOf } from '../../src/content/read.js';
import { describe, type Descriptor } from '../../src/spec/descriptor.js';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../src/spec/media-type.js';

export interface Graph {
  readonly root: Descriptor;
  /** Everything below the root and the root itself. */
  readonly nodes: readonly { readonly descriptor: Descriptor; readonly bytes: Uint8Array }[];
}

type Node = Graph['nodes'][number];

function blob(text: string, mediaType: string = OCI_LAYER): Node {
  const bytes = Buffer.from(text);
  return { descriptor: describe(mediaType, bytes), bytes };
}

function json(value: object, mediaType: string): Node {
  const bytes = Buffer.from(JSON.stringify(value));
  return { descriptor: describe(mediaType, bytes), bytes };
}

/** An image with one layer for each text. */
export function imageOf(...layers: readonly string[]): Graph {
  const config = blob(JSON.stringify({ os: 'linux', architecture: 'amd64', of: layers }), OCI_CONFIG);
  const blobs = layers.map((text) => blob(text));
  const manifest = json(
    {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: config.descriptor,
      layers: blobs.map(({ descriptor }) => descriptor),
    },
    OCI_MANIFEST,
  );
  return { root: manifest.descriptor, nodes: [config, ...blobs, manifest] };
}

export function indexOf(...images: readonly Graph[]): Graph {
  const index = json(
    { schemaVersion: 2, mediaType: OCI_INDEX, manifests: images.map(({ root }) => root) },
    OCI_INDEX,
  );
  return { root: index.descriptor, nodes: [...images.flatMap(({ nodes }) => nodes), index] };
}

export async function memoryWith(...graphs: readonly Graph[]): Promise<Memory> {
  const memory = new Memory();
  for (const { nodes } of graphs) {
    for (const { descriptor, bytes } of nodes) await memory.put(contentOf(descriptor, bytes));
  }
  return memory;
}
