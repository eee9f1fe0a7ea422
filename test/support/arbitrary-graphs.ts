/** Random graphs: indexes in indexes, layers that are shared, blobs without a byte, both algorithms. */
import * as fc from 'fast-check';
import type { Descriptor } from '../../src/spec/descriptor.js';
import { digestOf, type Algorithm } from '../../src/spec/digest.js';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../src/spec/media-type.js';
import type { Graph } from './graphs.js';

type Node = Graph['nodes'][number];

interface Plan {
  /** Each node chooses its children among those before it, by any number: the remainder counts. */
  readonly blobs: readonly { readonly bytes: Uint8Array; readonly algorithm: Algorithm }[];
  readonly manifests: readonly {
    readonly isIndex: boolean;
    readonly children: readonly number[];
    readonly algorithm: Algorithm;
  }[];
}

const algorithm = fc.constantFrom<Algorithm>('sha256', 'sha256', 'sha512');

/** A graph whose root is its last node. */
export function arbitraryGraph(): fc.Arbitrary<Graph> {
  const children = fc.array(fc.nat(), { maxLength: 5 });
  const plan: fc.Arbitrary<Plan> = fc.record({
    blobs: fc.array(fc.record({ bytes: fc.uint8Array({ maxLength: 300 }), algorithm }), {
      minLength: 1,
      maxLength: 6,
    }),
    manifests: fc.array(fc.record({ isIndex: fc.boolean(), children, algorithm }), {
      minLength: 1,
      maxLength: 7,
    }),
  });
  return plan.map(build);
}

function build({ blobs, manifests }: Plan): Graph {
  const layers = blobs.map(({ bytes, algorithm }) => node(OCI_LAYER, bytes, algorithm));
  const all: Node[] = [...layers];
  const made: Node[] = [];
  for (const { isIndex, children, algorithm } of manifests) {
    const from = isIndex ? made : layers;
    const chosen = children.flatMap((number) => from[number % from.length]?.descriptor ?? []);
    if (!isIndex) {
      const config = node(OCI_CONFIG, Buffer.from(JSON.stringify({ number: made.length })), algorithm);
      all.push(config);
      made.push(json(OCI_MANIFEST, { config: config.descriptor, layers: chosen }, algorithm));
    } else {
      // What keeps two indexes of the same children apart.
      const annotations = { number: String(made.length) };
      made.push(json(OCI_INDEX, { manifests: chosen, annotations }, algorithm));
    }
  }
  const root = made.at(-1);
  if (root === undefined) throw new Error('There is no manifest in the plan.');
  return reachable(root.descriptor, [...all, ...made]);
}

/** Only what the root leads to: nobody promises to copy the rest. */
function reachable(root: Descriptor, nodes: readonly Node[]): Graph {
  const found = new Map<string, Node>();
  const visit = (digest: string): void => {
    const one = nodes.find((other) => other.descriptor.digest === digest);
    if (one === undefined || found.has(digest)) return;
    for (const child of childDigests(one)) visit(child);
    found.set(digest, one);
  };
  visit(root.digest);
  return { root, nodes: [...found.values()] };
}

/** The digests of the children that a node names, read without any code of `reg`. */
export function childDigests({ descriptor, bytes }: Node): readonly string[] {
  if (descriptor.mediaType !== OCI_INDEX && descriptor.mediaType !== OCI_MANIFEST) return [];
  const text = Buffer.from(bytes).toString();
  return [...text.matchAll(/"digest":"(\w+:[0-9a-f]+)"/g)].map(([, digest = '']) => digest);
}

function node(mediaType: string, bytes: Uint8Array, algorithm: Algorithm): Node {
  const digest = digestOf(bytes, algorithm);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

function json(mediaType: string, fields: object, algorithm: Algorithm): Node {
  return node(mediaType, Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...fields })), algorithm);
}
