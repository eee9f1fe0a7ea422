/**
 * Uploads of blobs: by one request, by two, streamed, or in chunks that can be resumed (distribution-spec 1.1,
 * "Pushing blobs"). Bytes go straight into a session of the store, and become a blob when their digest is right.
 */

import { hasCode, RegError } from '../errors.js';
import { parseDigest, type Digest } from '../spec/digest.js';
import { findBlob } from './blobs.js';
import type { Call } from './call.js';
import { refuse } from './errors.js';
import { parseContentRange } from './range.js';
import type { Reply } from './reply.js';
import type { Upload } from './upload-sessions.js';

/** `POST /v2/NAME/blobs/uploads/`: begins an upload, mounts (`?mount=`), or takes the whole blob (`?digest=`). */
export async function startUpload(call: Call): Promise<Reply> {
  const { store, uploads, repository, query } = call;
  const mount = query.get('mount');
  const digest = query.get('digest');
  if (mount !== null) {
    // There is one pool of blobs, so it does not matter which repository `from` names, if any.
    const blob = await findBlob(store, parseDigest(mount));
    if (blob !== undefined) return created(call, blob.digest);
  }
  const wanted = digest === null ? undefined : parseDigest(digest);
  const upload = await uploads.start(repository.name);
  if (upload === undefined) return refuse('TOOMANYREQUESTS', 'too many uploads are open');
  if (wanted === undefined) return { status: 202, headers: uploadHeaders(upload) };
  try {
    return (await receive(call, upload)) ?? (await commit(call, upload, wanted));
  } finally {
    await uploads.end(upload);
  }
}

/** `GET` on an upload: how far it is. */
export async function getUpload(call: Call): Promise<Reply> {
  const upload = findUpload(call);
  return upload === undefined ? unknownUpload() : { status: 204, headers: uploadHeaders(upload) };
}

/** `PATCH` on an upload: the next bytes, streamed, or a chunk that says by `Content-Range` where it belongs. */
export function continueUpload(call: Call): Promise<Reply> {
  return onUpload(
    call,
    async (upload) => (await receive(call, upload)) ?? { status: 202, headers: uploadHeaders(upload) },
  );
}

/** `PUT` on an upload, with `?digest=`: the last bytes, if any are missing; then the blob is there, or refused. */
export async function finishUpload(call: Call): Promise<Reply> {
  const digest = call.query.get('digest');
  if (digest === null) return refuse('DIGEST_INVALID', 'the query has no digest');
  const wanted = parseDigest(digest);
  return onUpload(call, async (upload) => (await receive(call, upload)) ?? commit(call, upload, wanted));
}

/** `DELETE` on an upload: it is called off. */
export function cancelUpload(call: Call): Promise<Reply> {
  return onUpload(call, async (upload) => {
    await call.uploads.end(upload);
    return { status: 204 };
  });
}

async function onUpload(call: Call, task: (upload: Upload) => Promise<Reply>): Promise<Reply> {
  const upload = findUpload(call);
  if (upload === undefined) return unknownUpload();
  return (await call.uploads.work(upload, call.body, () => task(upload))) ?? unknownUpload();
}

function findUpload({ uploads, repository, reference }: Call): Upload | undefined {
  return uploads.find(reference, repository.name);
}

/** Appends the body. Answers only if it is refused: a chunk out of order, or of another length than it says. */
async function receive(call: Call, upload: Upload): Promise<Reply | undefined> {
  const { headers } = call;
  const { session } = upload;
  const header = headers['content-range'];
  const range = header === undefined ? undefined : parseContentRange(header);
  if (header !== undefined && range === undefined) {
    return refuse('BLOB_UPLOAD_INVALID', 'Content-Range is not FIRST-LAST');
  }
  if (range !== undefined && range.start !== session.position) {
    const message = `the next byte is number ${session.position}`;
    return refuse('BLOB_UPLOAD_INVALID', message, { status: 416, headers: uploadHeaders(upload) });
  }
  const announced = headers['content-length'];
  const length = range === undefined ? undefined : range.end - range.start + 1;
  if (length !== undefined && announced !== undefined && Number(announced) !== length) {
    return refuse('SIZE_INVALID', 'Content-Length and Content-Range disagree');
  }
  if (session.position + Number(announced ?? 0) > call.maxBlobSize) return refuseLarge(call, upload);
  try {
    await append(call, upload);
  } catch (error) {
    if (!hasCode(error, 'TOO_LARGE')) throw error;
    return refuseLarge(call, upload);
  }
  if (range === undefined || session.position === range.end + 1) return undefined;
  return refuse('SIZE_INVALID', 'the chunk is not as long as its Content-Range', {
    headers: uploadHeaders(upload),
  });
}

/** A client that hangs up may go on later; when the disk fails there is nothing to go on with. */
async function append({ body, uploads, maxBlobSize }: Call, upload: Upload): Promise<void> {
  try {
    await upload.session.append(atMost(body, maxBlobSize - upload.session.position));
  } catch (error) {
    if (error instanceof RegError) await uploads.end(upload);
    throw error;
  }
}

async function* atMost(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let left = size;
  for await (const chunk of chunks) {
    left -= chunk.byteLength;
    if (left < 0) throw new RegError('TOO_LARGE', 'the blob is larger than is taken here');
    yield chunk;
  }
}

/** Ends the upload: no later request can make it any smaller. */
async function refuseLarge({ uploads, maxBlobSize }: Call, upload: Upload): Promise<Reply> {
  await uploads.end(upload);
  return refuse('BLOB_UPLOAD_INVALID', `blobs of at most ${maxBlobSize} bytes are taken`, { status: 413 });
}

/** Makes a blob of the upload, and ends it in any case: bytes that are wrong do not get better. */
async function commit(call: Call, upload: Upload, digest: Digest): Promise<Reply> {
  try {
    await upload.session.commit(digest);
    return created(call, digest);
  } finally {
    await call.uploads.end(upload);
  }
}

function created({ repository }: Call, digest: Digest): Reply {
  const location = `/v2/${repository.name}/blobs/${digest}`;
  return { status: 201, headers: { location, 'docker-content-digest': digest } };
}

/** Where to go on. A range can't be empty, so one without a byte is `0-0`, as distribution has it. */
function uploadHeaders({ id, repository, session }: Upload): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, session.position - 1)}`,
    'docker-upload-uuid': id,
  };
}

function unknownUpload(): Reply {
  return refuse('BLOB_UPLOAD_UNKNOWN', 'there is no such upload, or it has ended');
}
