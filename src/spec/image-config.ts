/** The config of an image: what it runs and how (image-spec 1.1, config.md). Read for people, never written. */

import { RegError } from '../errors.js';
import { isDigest, type Digest } from './digest.js';
import { isObject, parseJsonObject, type JsonObject } from './json.js';
import type { Platform } from './platform.js';

/** Fields that are absent or of the wrong type are left out: nothing depends on them but what a person reads. */
export interface ImageConfig {
  readonly platform?: Platform | undefined;
  readonly created?: string | undefined;
  readonly author?: string | undefined;
  readonly user?: string | undefined;
  readonly workingDir?: string | undefined;
  readonly entrypoint?: readonly string[] | undefined;
  readonly cmd?: readonly string[] | undefined;
  readonly env?: readonly string[] | undefined;
  readonly exposedPorts?: readonly string[] | undefined;
  readonly volumes?: readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly stopSignal?: string | undefined;
}

/** Throws INVALID_MANIFEST when `bytes` are no JSON object. */
export function parseImageConfig(bytes: Uint8Array, what = 'image config'): ImageConfig {
  const root = parseJsonObject(bytes, { what });
  const run: JsonObject = isObject(root['config']) ? root['config'] : {};
  return {
    platform: platformIn(root),
    created: text(root['created']),
    author: text(root['author']),
    user: text(run['User']),
    workingDir: text(run['WorkingDir']),
    entrypoint: texts(run['Entrypoint']),
    cmd: texts(run['Cmd']),
    env: texts(run['Env']),
    exposedPorts: keys(run['ExposedPorts']),
    volumes: keys(run['Volumes']),
    labels: map(run['Labels']),
    stopSignal: text(run['StopSignal']),
  };
}

/** One step of how an image was made, the oldest first. What is absent or of the wrong type is left out. */
export interface HistoryEntry {
  readonly created?: string | undefined;
  readonly createdBy?: string | undefined;
  readonly author?: string | undefined;
  readonly comment?: string | undefined;
  /** It changed the config alone, and made no layer. */
  readonly isEmpty: boolean;
}

/** The steps that a config tells of; none where it has no list of them. Throws INVALID_MANIFEST as `parseImageConfig`. */
export function parseHistory(bytes: Uint8Array, what = 'image config'): readonly HistoryEntry[] {
  const { history } = parseJsonObject(bytes, { what });
  const steps: readonly unknown[] = Array.isArray(history) ? history : [];
  return steps.map((step) => {
    const entry: JsonObject = isObject(step) ? step : {};
    return {
      created: text(entry['created']),
      createdBy: text(entry['created_by']),
      author: text(entry['author']),
      comment: text(entry['comment']),
      isEmpty: entry['empty_layer'] === true,
    };
  });
}

/** What each layer hashes to uncompressed, the lowest first. Throws INVALID_MANIFEST. */
export function parseDiffIds(bytes: Uint8Array, what = 'image config'): readonly Digest[] {
  const { rootfs } = parseJsonObject(bytes, { what });
  const listed: unknown = isObject(rootfs) ? rootfs['diff_ids'] : undefined;
  const ids: readonly unknown[] = Array.isArray(listed) ? listed : [];
  const digests = ids.filter((id) => typeof id === 'string' && isDigest(id));
  if (Array.isArray(listed) && digests.length === ids.length) return digests;
  throw new RegError('INVALID_MANIFEST', `${what} has no list of digests "rootfs.diff_ids"`);
}

/** What a config says that the image runs on; Windows has a version and features, too. */
export function platformIn(root: JsonObject): Platform | undefined {
  const os = text(root['os']);
  const architecture = text(root['architecture']);
  const variant = text(root['variant']);
  const version = text(root['os.version']);
  const features = texts(root['os.features']);
  if (os === undefined || architecture === undefined) return undefined;
  return {
    architecture,
    os,
    ...(version === undefined ? {} : { 'os.version': version }),
    ...(features === undefined ? {} : { 'os.features': features }),
    ...(variant === undefined ? {} : { variant }),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.filter((item) => typeof item === 'string');
  return items.length === 0 ? undefined : items;
}

function keys(value: unknown): readonly string[] | undefined {
  return isObject(value) && Object.keys(value).length > 0 ? Object.keys(value) : undefined;
}

function map(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
