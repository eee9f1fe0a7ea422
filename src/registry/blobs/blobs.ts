/** Reading blobs: from any offset, and never past the declared size. */

import type { CallOptions, Content, OpenOptions } from '../../content/types.js';
import { hasCode, isRetryable, RegError } from '../../errors.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { shortDigest, type Digest } from '../../spec/digest.js';
import { UNKNOWN_TYPE } from '../../spec/media-type.js';
import { quoteText } from '../../spec/text.js';
import { BlobPlace } from './place.js';
import { formatRange, isStretch, parseLength, type Stretch } from '../http/content-range.js';
import { blobTarget, contradicts, notFound, pullScopes, pushScopes, type Repository } from '../repository.js';
import type { Answer } from '../transport.js';

/**
 * The blob that `descriptor` names. A body that is cut breaks with UNREACHABLE: wrap it in `resilient`. Where the
 * registry redirects to is remembered as long as that goes well.
 */
export function blobContent(repository: Repository, descriptor: Descriptor): Content {
  const blob: Blob = {
    repository,
    descriptor,
    place: new BlobPlace(blobTarget(repository, descriptor.digest)),
  };
  return { descriptor, open: (options) => openBlob(blob, options) };
}

interface Blob {
  readonly repository: Repository;
  readonly descriptor: Descriptor;
  readonly place: BlobPlace;
}

/** Whether the repository holds a blob; asked with the right to push, as only a push asks. */
export async function hasBlob(
  repository: Repository,
  { digest }: Descriptor,
  { signal }: CallOptions = {},
): Promise<boolean> {
  const answer = await repository.transport.send({
    method: 'HEAD',
    target: blobTarget(repository, digest),
    scopes: pushScopes(repository),
    expect: [200, 404],
    signal,
  });
  await answer.discard();
  return answer.status === 200 && !contradicts(answer, digest);
}

/** What a blob is of which only the digest is known. Throws NOT_FOUND, PROTOCOL_ERROR where its size is not told. */
export async function describeBlob(
  repository: Repository,
  digest: Digest,
  { signal }: CallOptions = {},
): Promise<Descriptor> {
  const answer = await repository.transport.send({
    method: 'HEAD',
    target: blobTarget(repository, digest),
    scopes: pullScopes(repository),
    headers: { 'accept-encoding': 'identity' },
    expect: [200, 404],
    signal,
  });
  await answer.discard();
  const what = `blob ${shortDigest(digest)} of ${repository.host}/${repository.path}`;
  if (answer.status === 404) throw new RegError('NOT_FOUND', `${what} not found`, { digest, status: 404 });
  const size = parseLength(answer.header('content-length'));
  if (size === undefined)
    throw new RegError('PROTOCOL_ERROR', `the size of ${what} was not told`, { digest });
  return { mediaType: UNKNOWN_TYPE, digest, size };
}

async function openBlob(
  blob: Blob,
  { from = 0, to = Infinity, signal }: OpenOptions = {},
): Promise<AsyncIterable<Uint8Array>> {
  const { size } = blob.descriptor;
  const stretch = { from, to: Math.min(to, size), size };
  if (from >= stretch.to) return noBytes();
  const isPart = from > 0 || to < size;
  if (isPart) {
    const answer = await getBlob(blob, { stretch, signal });
    if (isAsked(answer, stretch)) return readBody(answer, blob.descriptor, { start: from, ...stretch });
    const mayRead = from === 0 || to >= size;
    if (answer.status === 200 && mayRead) return readWhole(answer, blob.descriptor, from);
    // 416, a multipart answer, another range than was asked: as if there were no ranges at all.
    await answer.discard();
    if (!mayRead) throw noRanges(blob);
  }
  return readWhole(await getBlob(blob, { signal }), blob.descriptor, from);
}

async function getBlob(
  { repository, descriptor: { digest }, place }: Blob,
  { stretch, signal }: CallOptions & { readonly stretch?: Stretch },
): Promise<Answer> {
  try {
    return await place.ask((where) =>
      repository.transport.send({
        ...where,
        method: 'GET',
        scopes: pullScopes(repository),
        headers: { 'accept-encoding': 'identity', ...(stretch && { range: formatRange(stretch) }) },
        expect: stretch === undefined ? [200] : [200, 206, 416],
        // `resilient` tries again; two who do would try five times five times.
        retry: false,
        signal,
      }),
    );
  } catch (error) {
    if (!hasCode(error, 'NOT_FOUND')) throw error;
    const what = `blob ${shortDigest(digest)} of ${repository.host}/${repository.path}`;
    throw notFound(error, what, 'The image at the registry is damaged; it has to be pushed again.');
  }
}

/** Whether this is the partial answer that was asked for, to the byte. */
function isAsked(answer: Answer, stretch: Stretch): boolean {
  const wanted = stretch.to - stretch.from;
  const length = parseLength(answer.header('content-length')) ?? wanted;
  const isPlain = encodingOf(answer) === undefined;
  return (
    answer.status === 206 &&
    isPlain &&
    length === wanted &&
    isStretch(answer.header('content-range'), stretch)
  );
}

function noRanges({ repository, descriptor: { digest } }: Blob): RegError {
  const message = `${repository.host} does not send ${shortDigest(digest)} in parts`;
  return new RegError('UNSUPPORTED', message, { digest });
}

async function readWhole(
  answer: Answer,
  descriptor: Descriptor,
  from: number,
): Promise<AsyncIterable<Uint8Array>> {
  const fault = findFault(answer, descriptor);
  if (fault === undefined) return readBody(answer, descriptor, { start: 0, from, to: descriptor.size });
  await answer.discard();
  throw fault;
}

function findFault(answer: Answer, { digest, size }: Descriptor): RegError | undefined {
  const encoding = encodingOf(answer);
  if (encoding !== undefined) {
    const reason = `came with the content encoding ${quoteText(encoding, 40)}, which was not asked for`;
    return new RegError('PROTOCOL_ERROR', `${shortDigest(digest)} ${reason}`, { digest });
  }
  const length = parseLength(answer.header('content-length'));
  if (length === undefined || length === size) return undefined;
  return new RegError(
    'SIZE_MISMATCH',
    `the server has ${length} bytes for ${shortDigest(digest)}, not ${size}`,
    { digest },
  );
}

function encodingOf(answer: Answer): string | undefined {
  const encoding = answer.header('content-encoding')?.trim().toLowerCase();
  return encoding === '' || encoding === 'identity' ? undefined : encoding;
}

/**
 * The bytes from `from` on, of a body that goes from byte `start` up to but without byte `to`. One that breaks behind its
 * last byte, as when a proxy leaves out the end of chunks, is whole: fetched again, no more would come of it.
 */
async function* readBody(
  answer: Answer,
  { digest, size }: Descriptor,
  { start, from, to }: { readonly start: number; readonly from: number; readonly to: number },
): AsyncGenerator<Uint8Array> {
  let position = start;
  try {
    for await (const chunk of answer.body) {
      const wanted = chunk.subarray(Math.max(0, from - position));
      position += chunk.byteLength;
      if (position > to) throw tooLong(digest, { to, size });
      if (wanted.byteLength > 0) yield wanted;
    }
  } catch (error) {
    if (position !== to || !isRetryable(error)) throw error;
  }
  if (position < to) {
    throw new RegError('UNREACHABLE', `${shortDigest(digest)} broke off after ${position} of ${size} bytes`, {
      digest,
    });
  }
}

function tooLong(digest: Digest, { to, size }: Omit<Stretch, 'from'>): RegError {
  if (to < size)
    return new RegError('UNSUPPORTED', `a part of ${shortDigest(digest)} is longer than was asked for`);
  return new RegError('SIZE_MISMATCH', `${shortDigest(digest)} is longer than its ${size} bytes`, { digest });
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
