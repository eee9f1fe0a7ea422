/**
 * What `docker save` wrote before Docker 25, and podman, skopeo, kaniko and others still do: `manifest.json` names the
 * files of each image. There is no manifest in it that a registry would take, so one is made; see convert.ts.
 */

import { RegError } from '../errors.js';
import { isObject, parseJson, refuseTwins } from '../spec/json.js';
import { Conversion, type SavedImage } from './convert.js';
import { readDocument } from './document.js';
import { getFrom, type ImageSet } from './image.js';
import type { Scratch } from '../disk/scratch.js';
import { keyOf, type TarIndex } from '../tar/tar-index.js';

const LIST = 'manifest.json';

export function isDockerArchive(files: TarIndex): boolean {
  return files.has(LIST);
}

/**
 * The images of manifest.json; asking for a root converts that image, which costs reading and compressing its layers.
 * Throws INVALID_MANIFEST, TOO_LARGE.
 */
export async function readDockerImages(
  files: TarIndex,
  { what, scratch }: { readonly what: string; readonly scratch: Scratch },
): Promise<ImageSet> {
  const where = `"${LIST}" in ${what}`;
  const list = parseJson(await readDocument(files, { what, name: LIST }), { what: where });
  if (!Array.isArray(list)) throw new RegError('INVALID_MANIFEST', `${where} is not a list`);
  const conversion = new Conversion({ files, what, scratch });
  const images = list.map((item: unknown, position) => {
    const saved = parseSavedImage(item, `${where}: entry ${position + 1}`);
    return { names: saved.names, root: conversion.convert.bind(conversion, saved) };
  });
  return { images, get: getFrom((digest) => conversion.find(digest), what) };
}

function parseSavedImage(value: unknown, where: string): SavedImage {
  if (!isObject(value)) throw new RegError('INVALID_MANIFEST', `${where} is not an object`);
  refuseTwins(value, ['Config', 'RepoTags', 'Layers'], where);
  const { Config: config, RepoTags: names, Layers: layers } = value;
  if (typeof config !== 'string') throw new RegError('INVALID_MANIFEST', `${where} has no "Config"`);
  return {
    config: keyOf(config),
    names: texts(names ?? [], `${where}: "RepoTags"`),
    layers: texts(layers ?? [], `${where}: "Layers"`).map(keyOf),
  };
}

function texts(value: unknown, where: string): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new RegError('INVALID_MANIFEST', `${where} is not a list of names`);
}
