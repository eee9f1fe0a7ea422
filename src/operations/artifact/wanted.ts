/** Which files of an artifact are to be pulled, and where each goes; all of it is looked at before the first byte comes. */

import { RegError } from '../../errors.js';
import { EMPTY_DESCRIPTOR, TITLE, UNPACK } from '../../spec/artifact.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { childrenOf, type ImageManifest } from '../../spec/manifest.js';
import { quoteText } from '../../spec/text.js';
import { parseTitle, pathKey } from './title.js';

/** A file that is to be written below a folder. */
export interface WantedFile {
  /** Path in the artifact. */
  readonly title: string;
  /** The folders below that one, and the name; empty for that one itself. */
  readonly parts: readonly string[];
  readonly descriptor: Descriptor;
  /** It is a tar of what is to be below that path. */
  readonly isFolder: boolean;
}

export interface WantedFiles {
  readonly files: readonly WantedFile[];
  /** Layers that become no files, each with why. */
  readonly skipped: readonly SkippedLayer[];
  /** All titles, those of files that are not wanted, too. */
  readonly titles: readonly string[];
}

interface SkippedLayer {
  readonly descriptor: Descriptor;
  /** Such as `has no title`. */
  readonly reason: string;
}

interface WantedOptions {
  /** As `process.platform`. */
  readonly system: string;
  /** Whether a title is wanted; default: all are. */
  readonly isWanted?: ((title: string) => boolean) | undefined;
  /** Path for the config, where it has no title. */
  readonly config?: string | undefined;
}

/** Throws UNSAFE_ARCHIVE for titles that lead elsewhere or get in each other's way. */
export function chooseFiles(
  manifest: ImageManifest,
  { system, isWanted = () => true, config: configTitle }: WantedOptions,
): WantedFiles {
  const { config, layers } = manifest;
  const there = new Set(childrenOf(manifest));
  const named = configTitle === undefined ? config : titled(config, configTitle);
  const all = [...(there.has(config) ? [named] : []), ...layers.filter((layer) => there.has(layer))];
  const files = all.flatMap((descriptor) => {
    const title = titleIn(descriptor);
    if (title === undefined || !isWanted(title)) return [];
    const isFolder = descriptor.annotations?.[UNPACK] === 'true';
    return [{ title, parts: parseTitle(title, { system, isFolder }), descriptor, isFolder }];
  });
  return {
    files: withoutTwins(files, system),
    skipped: layers.flatMap((layer) => skippedLayer(layer, there.has(layer))),
    titles: all.flatMap((descriptor) => titleIn(descriptor) ?? []),
  };
}

/** The empty layer of an artifact without files is nothing to talk of. */
function skippedLayer(descriptor: Descriptor, isThere: boolean): readonly SkippedLayer[] {
  if (!isThere) return [{ descriptor, reason: 'is kept elsewhere' }];
  const isFile = titleIn(descriptor) !== undefined;
  return isFile || descriptor.digest === EMPTY_DESCRIPTOR.digest
    ? []
    : [{ descriptor, reason: 'has no title' }];
}

function titled(descriptor: Descriptor, title: string): Descriptor {
  return { ...descriptor, annotations: { ...descriptor.annotations, [TITLE]: title } };
}

/** An empty one is none: oras takes it so, too. */
function titleIn({ annotations }: Descriptor): string | undefined {
  return annotations?.[TITLE] || undefined;
}

/** One file twice is one file; two files can't have one path, nor can one be in the other. */
function withoutTwins(files: readonly WantedFile[], system: string): readonly WantedFile[] {
  const byPath = new Map<string, WantedFile>();
  for (const file of files) {
    const key = pathKey(file.parts, system);
    const other = byPath.get(key);
    if (other === undefined) byPath.set(key, file);
    else if (other.descriptor.digest !== file.descriptor.digest || other.isFolder !== file.isFolder)
      throw clash(other, file, 'are the same path here');
  }
  for (const file of byPath.values()) {
    const above = file.parts.map((_, count) => byPath.get(pathKey(file.parts.slice(0, count), system)));
    const outer = above.find((one) => one !== undefined);
    if (outer !== undefined) throw clash(outer, file, 'lie in each other');
  }
  return [...byPath.values()];
}

function clash(one: WantedFile, other: WantedFile, reason: string): RegError {
  const message = `the titles ${quoteText(one.title)} and ${quoteText(other.title)} of the artifact ${reason}`;
  return new RegError('UNSAFE_ARCHIVE', message, {
    hint: 'Nothing was written. Choose one of them by --title.',
  });
}
