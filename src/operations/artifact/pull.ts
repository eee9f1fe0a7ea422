/**
 * `reg artifact pull`: the files of an artifact into a directory.
 *
 *     place ──▶ artifact ──▶ titles, looked at ──▶ copy(source, directory, artifact)
 */

import { realpath } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';

import { copy } from '../../content/copy.js';
import type { CopyListener } from '../../content/events.js';
import { readManifest } from '../../content/read.js';
import { onDisk } from '../../disk/files.js';
import { requireFreeSpace } from '../../disk/free-space.js';
import { makeFolder } from '../../disk/make-folder.js';
import { explain, RegError } from '../../errors.js';
import { shortDigest, type Digest } from '../../spec/digest.js';
import type { Platform } from '../../spec/platform.js';
import { listTexts, quoteText } from '../../spec/text.js';
import type { Ends } from '../places/open-source.js';
import { parsePlace, placeName } from '../places/place.js';
import { selectPlatforms, type Selection } from '../transfer/platforms.js';
import { openSource } from '../places/source-place.js';
import { createTally, type Tally } from '../transfer/tally.js';
import { thisMachine } from '../this-machine.js';
import { FileSink } from './file-sink.js';
import { chooseOfType } from './of-type.js';
import type { ArtifactFile } from './push.js';
import { chooseFiles, type WantedFile, type WantedFiles } from './wanted.js';

/** Most titles that a message names. */
const MAX_TITLES = 5;

export interface PullArtifactOptions extends Ends {
  /** Where to put the files; made where it is missing. */
  readonly folder: string;
  /** Which of the files to pull, by their titles; default: all. */
  readonly isWanted?: ((title: string) => boolean) | undefined;
  /** Files that are there and differ stay, and are errors. Default false: they are replaced. */
  readonly keepOldFiles?: boolean | undefined;
  /** Most bytes that a directory may unpack to; default: 200 times its size, and 1 GiB at least. */
  readonly maxBytes?: number | undefined;
  /** What it has to be: it itself, or the newest of what is attached to it. Default: anything. */
  readonly artifactType?: string | undefined;
  /** Artifact of an index to pull; default: the one for this machine. */
  readonly platform?: Platform | undefined;
  /** Title for the config, which else is pulled only where it has one. */
  readonly config?: string | undefined;
  /** Files that move at once; default 4. */
  readonly concurrency?: number | undefined;
  readonly onEvent?: CopyListener | undefined;
}

export interface PulledFile extends ArtifactFile {
  /** Where it is now. */
  readonly path: string;
}

export interface PulledArtifact {
  /** The place, as it was written; at a registry in Docker's short form. */
  readonly source: string;
  readonly digest: Digest;
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly files: readonly PulledFile[];
  readonly bytes: Tally;
}

/**
 * Pulls the files of an artifact. Throws UNSAFE_ARCHIVE for titles that lead anywhere else, before anything is written;
 * NOT_FOUND where no file is to be had, and what place and disk throw. Files that arrived stay when another one fails.
 */
export async function pullArtifact(text: string, options: PullArtifactOptions): Promise<PulledArtifact> {
  const place = await parsePlace(text);
  const opened = await openSource(place, options);
  try {
    const { root } = await opened.image();
    const platforms = [options.platform ?? thisMachine()];
    const chosen = await selectPlatforms(
      { source: opened.source, root },
      { platforms, signal: options.signal },
    );
    const { artifactType } = options;
    const artifact =
      artifactType === undefined
        ? chosen
        : await chooseOfType(opened, chosen, { ...options, artifactType, index: root });
    return { source: placeName(place), ...(await pullFiles(artifact, options)) };
  } catch (error) {
    throw explain(error, `cannot pull the files of ${placeName(place)}`, { side: 'source' });
  } finally {
    await opened.close();
  }
}

async function pullFiles(
  { source, root }: Selection,
  options: PullArtifactOptions,
): Promise<Omit<PulledArtifact, 'source'>> {
  const { signal, concurrency, onEvent, keepOldFiles = false, maxBytes, onNotice } = options;
  const manifest = await readManifest(source, root, { signal });
  if (manifest.kind === 'index') throw noFiles('it is an index of others');
  const { artifactType } = manifest;
  const system = platform();
  const wanted = chooseFiles(manifest, { system, ...options });
  requireFiles(wanted);
  tellSkipped(wanted, onNotice);
  const folder = await openFolder(options.folder);
  const sink = new FileSink({ folder, files: wanted.files, keepOldFiles, maxBytes, system });
  await requireFreeSpace(folder, await sink.prepare());
  const { listener, total } = createTally(onEvent);
  const digests = new Set<Digest>(wanted.files.map(({ descriptor }) => descriptor.digest));
  await copy(source, sink, root, {
    signal,
    concurrency,
    onEvent: (event) => void (digests.has(event.descriptor.digest) && listener(event)),
  });
  return {
    digest: root.digest,
    mediaType: root.mediaType,
    ...(artifactType === undefined ? {} : { artifactType }),
    files: wanted.files.map((file) => describeFile(file, options.folder)),
    bytes: total(),
  };
}

function requireFiles({ files, skipped, titles }: WantedFiles): void {
  if (files.length > 0) return;
  const shown = titles.map((title) => quoteText(title, 60));
  if (titles.length > 0) throw noFiles(`none of its files is asked for: ${listTexts(shown, MAX_TITLES)}`);
  throw noFiles(skipped.length === 0 ? 'it has no files' : 'none of its layers has a title');
}

function noFiles(reason: string): RegError {
  const hint = 'An image is pulled by "reg pull"; "reg manifest" shows what an artifact is made of.';
  return new RegError('NOT_FOUND', reason, { hint });
}

function tellSkipped({ skipped }: WantedFiles, onNotice: Ends['onNotice']): void {
  for (const { descriptor, reason } of skipped) {
    const what = `${shortDigest(descriptor.digest)} (${quoteText(descriptor.mediaType)})`;
    onNotice?.({ type: 'warning', message: `${what} ${reason}, and is left out` });
  }
}

/** The directory, made where it is missing, by the path that no link is in. */
async function openFolder(path: string): Promise<string> {
  await onDisk({ verb: 'write', path }, () => makeFolder(path));
  return onDisk({ verb: 'read', path }, () => realpath(path));
}

function describeFile({ title, parts, descriptor }: WantedFile, folder: string): PulledFile {
  const { mediaType, digest, size } = descriptor;
  return { title, path: join(folder, ...parts), mediaType, digest, size };
}
