/** `reg cat`: files of an image, out of as few of its layers as will do. */

import type { Content } from '../../content/types.js';
import { RegError } from '../../errors.js';
import { View, type Finding } from '../../rootfs/view.js';
import { quoteText } from '../../spec/text.js';
import type { EntryType } from '../../tar/entry.js';
import { lookAt } from '../look/look-at.js';
import { LayerReader, layersOf, plainPath, type FilesOptions } from './image-files.js';
import type { LayerFile } from './open-layer.js';

/** What is known is laid out anew each time: where layers are many, a tenth more are opened before. */
const GROWTH = 1.1;

/** A file that was found, to be read before the next one is asked for. */
export interface OpenFile {
  /** Without links, such as `/usr/lib/os-release`. */
  readonly path: string;
  /** Length in bytes. */
  readonly size: number;
  /** To be read once; nothing is yielded that was not verified. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Has `task` read each of the files that `paths` name, by the links of the image. Layers are opened from the top, as many
 * as decide, or a tenth more. Throws NOT_FOUND, INVALID_ARGUMENT for what has no content, and as `listFiles`.
 */
export async function readFiles(
  image: string,
  { paths, ...options }: FilesOptions & { readonly paths: readonly string[] },
  task: (file: OpenFile) => Promise<void>,
): Promise<void> {
  const reader = new LayerReader(options);
  try {
    await lookAt(image, { ...options, verb: 'read files of' }, async (looked) => {
      const layers = await layersOf(looked, options);
      const wanted = paths.map(plainPath);
      for (const path of paths) {
        const { file, ...found } = await findFile(layers, path, (layer) => reader.open(layer, wanted));
        await task({ path: `/${found.path}`, size: file.size, bytes: file.layer.read(file.position) });
      }
    });
  } finally {
    await reader.close();
  }
}

interface FoundFile {
  readonly path: string;
  readonly file: LayerFile;
}

async function findFile(
  layers: readonly Content[],
  path: string,
  open: (layer: Content) => Promise<readonly LayerFile[]>,
): Promise<FoundFile> {
  for (let known = 1; ; known = Math.max(known + 1, Math.floor(known * GROWTH))) {
    const view = new View<LayerFile>({ isWhole: known >= layers.length });
    for (const layer of layers.slice(-known)) view.add(await open(layer));
    const finding = view.find(path);
    if (finding.kind !== 'unknown') return requireFile(finding, path);
  }
}

const KINDS: Readonly<Record<Exclude<EntryType, 'file'>, string>> = {
  directory: 'a directory',
  symlink: 'a symbolic link',
  hardlink: 'a hard link to nothing',
  character: 'a device',
  block: 'a device',
  fifo: 'a pipe',
};

function requireFile(finding: Exclude<Finding<LayerFile>, { kind: 'unknown' }>, path: string): FoundFile {
  const shown = quoteText(path);
  if (finding.kind === 'absent')
    throw new RegError('NOT_FOUND', `it has no ${shown}${byWay(finding.path, path)}`);
  const { file } = finding;
  if (file?.type === 'file') return { path: finding.path, file };
  const kind = KINDS[file?.type ?? (finding.isFolder ? 'directory' : 'hardlink')];
  const hint = finding.isFolder ? 'Use "reg files IMAGE PATH" to see what is in a directory.' : undefined;
  throw new RegError('INVALID_ARGUMENT', `${shown} is ${kind}`, hint === undefined ? {} : { hint });
}

/** Says where links led, or what part of the way is missing. */
function byWay(reached: string, path: string): string {
  return path.replace(/^\/+/, '') === reached ? '' : `: there is no ${quoteText(`/${reached}`)}`;
}
