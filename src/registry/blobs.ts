/** Reading blobs: from any offset, and never past the declared size. */

import type { CallOptions, Content, OpenOptions } from '../content/types.js';
import { hasCode, RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { shortDigest } from '../spec/digest.js';
import { quoteText } from '../spec/text.js';
import { isRest, parseLength } from './content-range.js';
import { blobTarget, contradicts, notFound, pullScopes, pushScopes, type Repository } from './repository.js';
import type { Answer } from './transport.js';

/** The blob that `descriptor` names. A body that is cut breaks with UNREACHABLE: wrap it in `resilient`. */
export function blobContent(repository: Repository, descriptor: Descriptor): Content {
  return { descriptor, open: (options) => openBlob(repository, descriptor, options) };
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

async function openBlob(
  repository: Repository,
  descriptor: Descriptor,
  { from = 0, signal }: OpenOptions = {},
): Promise<AsyncIterable<Uint8Array>> {
  if (from >= descriptor.size) return noBytes();
  if (from > 0) {
    const answer = await getBlob(repository, descriptor, { from, signal });
    if (isRestOf(answer, descriptor, from)) return readBody(answer, descriptor, { start: from, from });
    if (answer.status === 200) return readWhole(answer, descriptor, from);
    // 416, a multipart answer, another range than was asked: as if there were no ranges at all.
    await answer.discard();
  }
  return readWhole(await getBlob(repository, descriptor, { signal }), descriptor, from);
}

async function getBlob(
  repository: Repository,
  { digest }: Descriptor,
  { from = 0, signal }: OpenOptions,
): Promise<Answer> {
  try {
    return await repository.transport.send({
      method: 'GET',
      target: blobTarget(repository, digest),
      scopes: pullScopes(repository),
      headers: { 'accept-encoding': 'identity', ...(from > 0 && { range: `bytes=${from}-` }) },
      expect: from > 0 ? [200, 206, 416] : [200],
      // `resilient` tries again; two who do would try five times five times.
      retry: false,
      signal,
    });
  } catch (error) {
    if (!hasCode(error, 'NOT_FOUND')) throw error;
    const what = `blob ${shortDigest(digest)} of ${repository.host}/${repository.path}`;
    throw notFound(error, what, 'The image at the registry is damaged; it has to be pushed again.');
  }
}

/** Whether this is the partial answer that was asked for, to the byte. */
function isRestOf(answer: Answer, { size }: Descriptor, from: number): boolean {
  const length = parseLength(answer.header('content-length')) ?? size - from;
  const isPlain = encodingOf(answer) === undefined;
  return (
    answer.status === 206 &&
    isPlain &&
    length === size - from &&
    isRest(answer.header('content-range'), from, size)
  );
}

async function readWhole(
  answer: Answer,
  descriptor: Descriptor,
  from: number,
): Promise<AsyncIterable<Uint8Array>> {
  const fault = findFault(answer, descriptor);
  if (fault === undefined) return readBody(answer, descriptor, { start: 0, from });
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

/** The bytes from `from` on, of a body whose first byte is byte `start`. */
async function* readBody(
  answer: Answer,
  { digest, size }: Descriptor,
  { start, from }: { readonly start: number; readonly from: number },
): AsyncGenerator<Uint8Array> {
  let position = start;
  for await (const chunk of answer.body) {
    const wanted = chunk.subarray(Math.max(0, from - position));
    position += chunk.byteLength;
    if (position > size) {
      throw new RegError('SIZE_MISMATCH', `${shortDigest(digest)} is longer than its ${size} bytes`, {
        digest,
      });
    }
    if (wanted.byteLength > 0) yield wanted;
  }
  if (position < size) {
    throw new RegError('UNREACHABLE', `${shortDigest(digest)} broke off after ${position} of ${size} bytes`, {
      digest,
    });
  }
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
