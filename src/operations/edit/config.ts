/** What an image runs and how: changes of its config (image-spec 1.1, config.md). */

import { readContent } from '../../content/read.js';
import { shortDigest } from '../../spec/digest.js';
import { parseJsonObject, type JsonObject } from '../../spec/json.js';
import { MAX_CONFIG_SIZE } from '../../spec/manifest.js';
import { isImageConfigType } from '../../spec/media-type.js';
import { jsonContent, listIn, objectIn, parseDocument, pointedTo } from './document.js';
import type { ChangedImage, ChangeImage, ImageToChange } from './rewrite.js';

/** Keys of the config that Go's programs read in any case. */
const CONFIG_KEYS = ['architecture', 'config', 'created', 'history', 'os', 'rootfs', 'variant'];
const RUN_KEYS = [
  'Cmd',
  'Entrypoint',
  'Env',
  'ExposedPorts',
  'Labels',
  'StopSignal',
  'User',
  'Volumes',
  'WorkingDir',
];

/** What is to be said differently; an empty text or list takes it out. */
export interface ConfigEdits {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly removeLabels?: readonly string[] | undefined;
  /** By name; others stay, in their order. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly removeEnv?: readonly string[] | undefined;
  readonly cmd?: readonly string[] | undefined;
  /** Takes the command out that belonged to the old one, unless there is a new one, as a Dockerfile does. */
  readonly entrypoint?: readonly string[] | undefined;
  readonly user?: string | undefined;
  readonly workingDir?: string | undefined;
  /** Such as `80/tcp`; added to those that are there. */
  readonly expose?: readonly string[] | undefined;
  readonly stopSignal?: string | undefined;
  /** RFC 3339. */
  readonly created?: string | undefined;
}

/** `config` with the edits in it. Throws INVALID_MANIFEST for keys that mean two things. */
export function editConfig(config: JsonObject, edits: ConfigEdits): JsonObject {
  const run = objectIn(config['config'], RUN_KEYS, 'the config of the image');
  const { cmd, entrypoint, user, workingDir, stopSignal, created, expose } = edits;
  const ports = expose && Object.fromEntries(expose.map((port) => [port, {}]));
  const next = put(run, {
    Labels: withEntries(run['Labels'], edits.labels, edits.removeLabels),
    ExposedPorts: withEntries(run['ExposedPorts'], ports),
    Env: withVariables(run['Env'], edits.env, edits.removeEnv),
    Entrypoint: entrypoint,
    Cmd: cmd ?? (entrypoint === undefined ? undefined : []),
    User: user,
    WorkingDir: workingDir,
    StopSignal: stopSignal,
  });
  return put({ ...config, config: next }, { created });
}

/** `object` with what is given; undefined leaves a key as it is, and what is empty takes it out. */
function put(object: JsonObject, values: JsonObject): JsonObject {
  const next = new Map(Object.entries(object));
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (isEmpty(value)) next.delete(key);
    else next.set(key, value);
  }
  return Object.fromEntries(next);
}

function isEmpty(value: unknown): boolean {
  return value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

/** Undefined where there is nothing to change. */
export function withEntries(
  before: unknown,
  set: JsonObject = {},
  remove: readonly string[] = [],
): JsonObject | undefined {
  if (Object.keys(set).length === 0 && remove.length === 0) return undefined;
  const kept = Object.entries(objectIn(before)).filter(([key]) => !remove.includes(key));
  return Object.fromEntries([...kept, ...Object.entries(set)]);
}

/** As `withEntries`, for a list of `NAME=value`. */
function withVariables(
  before: unknown,
  set: Readonly<Record<string, string>> = {},
  remove: readonly string[] = [],
): readonly unknown[] | undefined {
  const values = new Map(Object.entries(set));
  if (values.size === 0 && remove.length === 0) return undefined;
  const lines = listIn(before).filter((line) => !remove.includes(nameIn(line)));
  const names = new Set(lines.map(nameIn));
  const lineOf = (name: string): string => `${name}=${values.get(name)}`;
  return [
    ...lines.map((line) => (values.has(nameIn(line)) ? lineOf(nameIn(line)) : line)),
    ...[...values.keys()].filter((name) => !names.has(name)).map(lineOf),
  ];
}

function nameIn(line: unknown): string {
  return String(line).replace(/=.*/s, '');
}

/** Changes the config of each image; one that says the same afterwards keeps its bytes. */
export function changeConfig(edit: (config: JsonObject) => JsonObject): ChangeImage {
  return async (image) => {
    const config = await readConfig(image);
    if (config === undefined) return undefined;
    const next = edit(config);
    const isSame = JSON.stringify(next) === JSON.stringify(config);
    return isSame ? { json: image.json, contents: [] } : withConfig(image, next);
  };
}

interface ConfigOptions extends Pick<ImageToChange, 'source' | 'manifest' | 'signal'> {
  /** Whether nothing is made of it. Default false. */
  readonly isOnlyRead?: boolean;
}

/**
 * The config as it stands; undefined for artifacts, whose configs are of every kind. Throws as `parseDocument`, and
 * TOO_LARGE.
 */
export async function readConfig({
  source,
  manifest: { config },
  isOnlyRead = false,
  signal,
}: ConfigOptions): Promise<JsonObject | undefined> {
  if (!isImageConfigType(config.mediaType)) return undefined;
  const bytes = await readContent(source.get(config), { cap: MAX_CONFIG_SIZE, signal });
  const what = `config ${shortDigest(config.digest)}`;
  const json = isOnlyRead ? parseJsonObject(bytes, { what }) : parseDocument(bytes, what);
  return objectIn(json, CONFIG_KEYS, what);
}

/** The image with another config. */
export function withConfig(
  {
    manifest,
    json,
  }: Pick<ImageToChange, 'json'> & {
    readonly manifest: { readonly config: { readonly mediaType: string } };
  },
  config: JsonObject,
): ChangedImage {
  const content = jsonContent(manifest.config.mediaType, config);
  return { json: { ...json, config: pointedTo(json['config'], content.descriptor) }, contents: [content] };
}
