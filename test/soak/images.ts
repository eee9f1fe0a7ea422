/** Images that share some layers and have others of their own. */
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { bytesContent, patternContent } from '../support/contents.js';
import type { TestContent } from '../support/contents.js';
import { attestation, image, index, layer } from '../support/images.js';
import type { TestGraph, TestImage, TestLayer } from '../support/images.js';
import type { Random } from './random.js';

export interface ImageMaker {
  /** Makes an image, or an index of images, that there was none like before. */
  make(): Promise<TestGraph>;
  /** Every blob and manifest that was made, by digest. */
  readonly contents: ReadonlyMap<string, TestContent>;
}

const KiB = 1024;

/** Makes the layers that will be shared. */
export async function createImageMaker(random: Random): Promise<ImageMaker> {
  const shared: TestLayer[] = [];
  for (const size of [1, 16, 64, 256, 1024, 3 * 1024]) shared.push(await randomLayer(size * KiB, random));
  const contents = new Map<string, TestContent>();
  const newImage = async (architecture = 'amd64'): Promise<TestImage> => {
    const own = await randomLayer(Math.round(KiB * 2 ** (random() * 9.5)), random);
    const layers = [random.pick(shared), own, ...(random() < 0.5 ? [random.pick(shared)] : [])];
    return image({
      layers,
      platform: { architecture, os: 'linux' },
      mediaTypes: random.pick(['oci', 'oci', 'docker']),
    });
  };
  const newGraph = async (): Promise<TestGraph> => {
    if (random() < 0.7) return newImage();
    const first = await newImage();
    return index([first, await newImage('arm64'), ...(random() < 0.5 ? [attestation(first)] : [])]);
  };
  return {
    contents,
    async make() {
      const graph = await newGraph();
      for (const blob of graph.blobs.values()) contents.set(blob.digest, blob);
      for (const { bytes, descriptor } of graph.manifests.values())
        contents.set(descriptor.digest, bytesContent(bytes));
      return graph;
    },
  };
}

/** A layer of a file that does not compress. */
async function randomLayer(size: number, random: Random): Promise<TestLayer> {
  const content = await patternContent(size, random.between(0, 2 ** 31));
  return layer({ data: await buffer(Readable.from(content.open())) });
}
