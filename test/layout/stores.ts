import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { contentOf } from '../../src/content/read.js';
import { systemClock } from '../../src/content/system-clock.js';
import type { Content, Source } from '../../src/content/types.js';
import { openLayout, type Layout, type LayoutOptions } from '../../src/layout/layout.js';
import { describe, type Descriptor } from '../../src/spec/descriptor.js';
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../../src/spec/media-type.js';
import { temporaryFolder, type Scope } from '../support/temp.js';

/** This process, as the command line presents it to a store. */
export const thisProcess = {
  pid: process.pid,
  hostname: hostname(),
  clock: systemClock,
  isRunning(pid: number): boolean {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  },
} satisfies LayoutOptions;

/** Opens the store in a folder, and closes it at the end of the scope. */
export async function openStore(
  scope: Scope,
  folder: string,
  options: Partial<LayoutOptions> = {},
): Promise<Layout> {
  const layout = await openLayout(folder, { ...thisProcess, ...options });
  scope.after(() => layout.close());
  return layout;
}

export async function emptyStore(scope: Scope): Promise<Layout> {
  return openStore(scope, await temporaryFolder(scope));
}

export function blob(bytes: string | Uint8Array, mediaType = OCI_LAYER): Content {
  const buffer = Buffer.from(bytes);
  return contentOf(describe(mediaType, buffer), buffer);
}

/** Gives the first image of the store so many names in all, `docker.io/library/app:0` and so on. */
export async function giveNames(
  store: Layout,
  count: number,
  repository = 'docker.io/library/app',
): Promise<void> {
  const file = join(store.folder, 'index.json');
  const index: { manifests: { annotations: Record<string, string> }[] } = JSON.parse(
    await readFile(file, 'utf8'),
  );
  const [first] = index.manifests;
  index.manifests = Array.from({ length: count }, (_, position) => {
    const annotations = {
      ...first?.annotations,
      'org.opencontainers.image.ref.name': `${repository}:${position}`,
    };
    return { ...first, annotations };
  });
  await writeFile(file, JSON.stringify(index));
}

export interface TestImage {
  readonly source: Source;
  readonly root: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** An image whose layers hold the given bytes; another `name` makes it another image with the same layers. */
export function image(
  name: string,
  layers: readonly (string | Uint8Array)[] = [`layer of ${name}`],
): TestImage {
  const layerBlobs = layers.map((layer) => blob(layer));
  const config = blob(JSON.stringify({ architecture: 'amd64', os: 'linux', name }), OCI_CONFIG);
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: config.descriptor,
    layers: layerBlobs.map((layer) => layer.descriptor),
  };
  const root = blob(JSON.stringify(manifest), OCI_MANIFEST);
  const contents = new Map(
    [root, config, ...layerBlobs].map((content) => [content.descriptor.digest, content]),
  );
  const source: Source = {
    resolve: async () => root.descriptor,
    get(descriptor) {
      const content = contents.get(descriptor.digest);
      if (content === undefined) throw new Error(`the image has no ${descriptor.digest}`);
      return { ...content, descriptor };
    },
  };
  return {
    source,
    root: root.descriptor,
    config: config.descriptor,
    layers: layerBlobs.map((layer) => layer.descriptor),
  };
}

const LAYER_SIZE = 3 * 1024 * 1024;

/** An image of two layers of 3 MiB: one of its own, and one that all images with the same `shared` have. */
export function sharedImage(name: string, shared: string): TestImage {
  return image(name, [Buffer.alloc(LAYER_SIZE, `${shared}\n`), Buffer.alloc(LAYER_SIZE, `${name}\n`)]);
}

/** `content` in pieces of 64 KiB with a pause before each; `onBytes` hears of their sizes. */
export function slowly(
  content: Content,
  {
    pause = async () => {},
    onBytes = () => {},
  }: { readonly pause?: () => Promise<unknown>; readonly onBytes?: (count: number) => void },
): Content {
  return {
    ...content,
    async open(options) {
      const chunks = await content.open(options);
      return (async function* () {
        for await (const chunk of chunks) {
          for (let at = 0; at < chunk.byteLength; at += 65_536) {
            await pause();
            const piece = chunk.subarray(at, at + 65_536);
            onBytes(piece.byteLength);
            yield piece;
          }
        }
      })();
    },
  };
}
