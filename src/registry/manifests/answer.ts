/** What a registry says about a manifest: by the headers of an answer alone, or by its body. */

import { promisify } from 'node:util';

import { RegError } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { algorithmOf, digestOf, isDigest, type Digest } from '../../spec/digest.js';
import { MAX_MANIFEST_SIZE, parseManifest, sniffMediaType } from '../../spec/manifest.js';
import { bareMediaType, isManifestType, UNKNOWN_TYPE } from '../../spec/media-type.js';
import { quoteText } from '../../spec/text.js';
import { parseLength } from '../http/content-range.js';
import { nameIn, type Repository } from '../repository.js';
import type { Answer } from '../transport.js';

export interface FetchedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** What the registry calls this state of what was asked for, for `If-Match`. */
  readonly etag?: string | undefined;
}

/** Types that servers send when they don't know better; the body says then what it is. */
const VAGUE_TYPES: ReadonlySet<string> = new Set(['', 'text/plain', 'application/json', UNKNOWN_TYPE]);

/**
 * The descriptor that the headers alone give; undefined when they leave anything open: no digest (optional before
 * distribution-spec 1.1), no length or that of a compressed form (Harbor behind nginx), no manifest type.
 */
export function describeByHeaders(answer: Answer): Descriptor | undefined {
  const digest = answer.header('docker-content-digest');
  const mediaType = bareMediaType(answer.header('content-type') ?? '');
  const size = parseLength(answer.header('content-length')) ?? 0;
  if (digest === undefined || !isDigest(digest) || !isManifestType(mediaType)) return undefined;
  if (size === 0 || size > MAX_MANIFEST_SIZE || encodingsOf(answer).length > 0) return undefined;
  return { mediaType, digest, size };
}

/**
 * Reads a manifest under the cap and describes it by its bytes, never by the digest that the headers claim. `name` is
 * what was asked for; a digest must fit. Throws DIGEST_MISMATCH, INVALID_MANIFEST, TOO_LARGE, UNSUPPORTED, PROTOCOL_ERROR.
 */
export async function readManifestAnswer(
  answer: Answer,
  repository: Repository,
  name: string,
): Promise<FetchedManifest> {
  const what = `manifest ${nameIn(repository, name)}`;
  const bytes = await readBytes(answer, what);
  const said = bareMediaType(answer.header('content-type') ?? '');
  if (said === 'text/html' || bytes[0] === '<'.charCodeAt(0)) throw notARegistry(repository);
  const digest = digestOf(bytes, isDigest(name) ? algorithmOf(name) : 'sha256');
  if (isDigest(name) && digest !== name) throw wrongBytes(what, digest);
  const mediaType = VAGUE_TYPES.has(said) ? sniffMediaType(bytes, what) : said;
  parseManifest(bytes, mediaType, what);
  const etag = answer.header('etag');
  return { descriptor: { mediaType, digest, size: bytes.byteLength }, bytes, etag };
}

/** A web page where an answer was due: the login page of a network, a proxy, a web site. */
export function notARegistry({ host }: Pick<Repository, 'host'>): RegError {
  return new RegError('PROTOCOL_ERROR', `${host} sent a web page, which is not a registry answer`, {
    hint: 'Check the name of the host, and whether a proxy or the login page of your network answers in its place.',
  });
}

async function readBytes(answer: Answer, what: string): Promise<Uint8Array> {
  const [encoding, ...more] = encodingsOf(answer);
  if (encoding === undefined) return answer.read(MAX_MANIFEST_SIZE);
  if (more.length === 0 && /^(x-)?gzip$/.test(encoding))
    return unzip(await answer.read(MAX_MANIFEST_SIZE), what);
  await answer.discard();
  const shown = quoteText([encoding, ...more].join(', '), 40);
  throw new RegError(
    'PROTOCOL_ERROR',
    `${what} came with the content encoding ${shown}, which was not asked for`,
  );
}

async function unzip(bytes: Uint8Array, what: string): Promise<Uint8Array> {
  try {
    const { gunzip } = await import('node:zlib');
    return await promisify(gunzip)(bytes, { maxOutputLength: MAX_MANIFEST_SIZE });
  } catch (cause) {
    const tooLarge = cause instanceof RangeError;
    const reason = tooLarge
      ? `has more than ${MAX_MANIFEST_SIZE} bytes once unpacked`
      : 'is not valid gzip data';
    throw new RegError(tooLarge ? 'TOO_LARGE' : 'PROTOCOL_ERROR', `${what} ${reason}`, { cause });
  }
}

function encodingsOf(answer: Answer): readonly string[] {
  const names = (answer.header('content-encoding') ?? '').toLowerCase().split(',');
  return names.map((name) => name.trim()).filter((name) => name !== '' && name !== 'identity');
}

function wrongBytes(what: string, digest: Digest): RegError {
  return new RegError('DIGEST_MISMATCH', `the bytes of ${what} hash to ${digest}`, { digest });
}
