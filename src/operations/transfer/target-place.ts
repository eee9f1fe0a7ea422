/** Opens the places that images go to. */

import { dirname } from 'node:path';
import type { Writable } from 'node:stream';

import { DEFAULT_TAG, formatReference } from '../../spec/reference.js';
import { openFileTarget, streamTarget, type ArchiveTarget } from '../../tar/target.js';
import { ArchiveWriter } from '../../archive/writer.js';
import { thisProcess } from '../../disk/this-process.js';
import { findEndpoint } from '../../engine/endpoint.js';
import { startLoad } from '../../engine/engine.js';
import type { Platform } from '../../spec/platform.js';
import { currentIn } from './guarded.js';
import { parseImage, storeName } from '../image-name.js';
import type { MoveTarget } from './move-image.js';
import { openStore } from '../places/open-store.js';
import { wrongPlace, type FilePlace, type NamedPlace, type Place } from '../places/place.js';
import type { Ends } from '../places/open-source.js';

export interface TargetEnds extends Ends {
  /** What `-` stands for where it is written. */
  readonly stdout?: (Writable & { readonly isTTY?: boolean }) | undefined;
  /** Nothing is to be written, so no file is begun. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Which image of an index an engine that knows no indexes is told of. */
  readonly platform?: Platform | undefined;
}

export interface OpenTarget extends MoveTarget {
  readonly place: Place;
  /**
   * The name that an image gets here; `found` is what it is called where it comes from. With a tag it is one of all tags
   * of a repository, which go to the tags of that name.
   */
  nameFor(found: string | undefined, tag?: string): string | undefined;
  /** Whether contents come one after the other, in an order that is always the same. */
  readonly isSerial: boolean;
  /** Makes visible what was put in. */
  finish(): Promise<void>;
  /** Gives up; what can be taken back is. Harmless after `finish`. */
  discard(): Promise<void>;
}

/** Opens a place to write to. To be ended by `finish` or `discard`. */
export async function openTarget(place: Place, ends: TargetEnds): Promise<OpenTarget> {
  switch (place.kind) {
    case 'registry':
      return openRegistry(place, ends);
    case 'store':
      return openLocalStore(place, ends);
    case 'engine':
      return openEngine(place, ends);
    case 'layout':
      return openFolder(place);
    default:
      return openTar(place, ends);
  }
}

const nothingToDo = async (): Promise<void> => {};

function openRegistry(place: NamedPlace, { client }: TargetEnds): OpenTarget {
  const { reference, text } = place;
  if (client === undefined) throw wrongPlace(text, 'there is no client for registries');
  const sink = client.repository(reference.domain, reference.path);
  return {
    place,
    sink,
    home: { host: reference.domain, repository: reference.path },
    nameFor: (_, tag = reference.tag) => tag,
    current: currentIn(sink),
    isSerial: false,
    finish: nothingToDo,
    discard: nothingToDo,
  };
}

function openLocalStore(place: NamedPlace, { store }: TargetEnds): OpenTarget {
  const { reference, text } = place;
  if (store === undefined) throw wrongPlace(text, 'there is no local store');
  return {
    place,
    sink: store,
    nameFor: (_, tag) => storeName(tag === undefined ? reference : { ...reference, tag }),
    current: currentIn(store),
    isSerial: false,
    folder: store.folder,
    finish: nothingToDo,
    discard: nothingToDo,
  };
}

async function openFolder(place: FilePlace): Promise<OpenTarget> {
  const { path = '', name } = place;
  const sink = await openStore(path);
  return {
    place,
    sink,
    // Without a name nothing could be found again.
    nameFor: (found, tag) => tag ?? name ?? found ?? DEFAULT_TAG,
    current: currentIn(sink),
    isSerial: false,
    folder: path,
    finish: () => sink.close(),
    discard: () => sink.close(),
  };
}

async function openTar(place: FilePlace, { stdout, platform, dryRun }: TargetEnds): Promise<OpenTarget> {
  const { path, name, isForDocker } = place;
  const sink = new ArchiveWriter(dryRun === true ? NOWHERE : await openBytes(place, stdout), { platform });
  return {
    place,
    sink,
    nameFor: (found) => (name === undefined ? found : isForDocker ? formatReference(parseImage(name)) : name),
    current: async (tag) => sink.named(tag),
    isSerial: true,
    ...(path === undefined ? {} : { folder: dirname(path) }),
    finish: () => sink.finish(),
    discard: () => sink.discard(),
  };
}

/** It takes in the same tar that `docker load` does. */
async function openEngine(place: NamedPlace, ends: TargetEnds): Promise<OpenTarget> {
  const { engine = { env: {} }, platform, signal, dryRun } = ends;
  const { reference } = place;
  const target = dryRun === true ? NOWHERE : startLoad(await findEndpoint(engine), { signal });
  const sink = new ArchiveWriter(target, { platform });
  return {
    place,
    sink,
    nameFor: (_, tag) => storeName(tag === undefined ? reference : { ...reference, tag }),
    current: async (name) => sink.named(name),
    isSerial: true,
    finish: () => sink.finish(),
    discard: () => sink.discard(),
  };
}

const NOWHERE: ArchiveTarget = { write: nothingToDo, finish: nothingToDo, discard: nothingToDo };

async function openBytes({ path, text }: FilePlace, stdout: TargetEnds['stdout']): Promise<ArchiveTarget> {
  if (path !== undefined) return openFileTarget(path, thisProcess);
  if (stdout === undefined) throw wrongPlace(text, 'there is no standard output');
  return streamTarget(stdout);
}
