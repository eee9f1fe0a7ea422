/** Descriptors: media type, digest and size of some bytes (image-spec 1.1, descriptor.md). */

import { RegError } from '../errors.js';
import { digestOf, isDigest, type Algorithm, type Digest } from './digest.js';
import { isObject, refuseTwins, type JsonObject } from './json.js';
import { isMediaType } from './media-type.js';
import { parseIndexPlatform, type Platform } from './platform.js';
import { quoteText } from './text.js';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Length in bytes: a safe integer, so any size up to 8 PiB. */
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  /** Where a foreign layer may be fetched from; never followed unless the user asks. */
  readonly urls?: readonly string[];
}

const KEYS = ['mediaType', 'digest', 'size', 'platform', 'annotations', 'artifactType', 'urls', 'data'];

/**
 * A fresh, checked descriptor out of parsed JSON; what is not known is left out. `where` names the place in the
 * document, for the message. Throws INVALID_MANIFEST.
 */
export function parseDescriptor(value: unknown, where: string): Descriptor {
  if (!isObject(value)) throw new RegError('INVALID_MANIFEST', `${where} is not an object`);
  refuseTwins(value, KEYS, where);
  const { mediaType, digest, size } = value;
  if (typeof mediaType !== 'string' || !isMediaType(mediaType)) throw wrong(where, 'mediaType', mediaType);
  if (typeof digest !== 'string' || !isDigest(digest)) throw wrong(where, 'digest', digest);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw wrong(where, 'size', size);
  return { mediaType, digest, size, ...optionalParts(value, where) };
}

function optionalParts(value: JsonObject, where: string): Partial<Descriptor> {
  const { platform, annotations, artifactType, urls } = value;
  if (typeof (artifactType ?? '') !== 'string') throw wrong(where, 'artifactType', artifactType);
  return {
    ...(platform === undefined || platform === null ? {} : { platform: parseIndexPlatform(platform, where) }),
    ...(annotations === undefined || annotations === null
      ? {}
      : { annotations: parseAnnotations(annotations, where) }),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(isStringList(urls) && urls.length > 0 ? { urls: [...urls] } : {}),
  };
}

/** Annotations as a fresh map. Throws INVALID_MANIFEST. */
export function parseAnnotations(value: unknown, where: string): Readonly<Record<string, string>> {
  if (!isObject(value)) throw new RegError('INVALID_MANIFEST', `${where}.annotations is not an object`);
  if (!isStringMap(value))
    throw new RegError('INVALID_MANIFEST', `${where}.annotations holds a value that is not a string`);
  // Unlike assignment, spreading makes an own key even of "__proto__".
  return { ...value };
}

/** The descriptor of `bytes`. */
export function describe(mediaType: string, bytes: Uint8Array, algorithm: Algorithm = 'sha256'): Descriptor {
  return { mediaType, digest: digestOf(bytes, algorithm), size: bytes.byteLength };
}

function isStringMap(value: JsonObject): value is Readonly<Record<string, string>> {
  return Object.values(value).every((item) => typeof item === 'string');
}

function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function wrong(where: string, key: string, value: unknown): RegError {
  if (value === undefined) return new RegError('INVALID_MANIFEST', `${where}.${key} is missing`);
  const shown =
    typeof value === 'string' || typeof value === 'number' ? ` ${quoteText(String(value), 80)}` : '';
  return new RegError('INVALID_MANIFEST', `${where}.${key}${shown} is not valid`);
}
