import type { TestContent } from './contents.js';
import { ask } from './http-client.js';
import type { Answer, AskOptions } from './http-client.js';
import type { TestGraph } from './images.js';

export interface PushOptions {
  readonly tag: string;
  /** The `Authorization` header. */
  readonly authorization?: string;
}

/**
 * Puts a graph into a repository (`http://127.0.0.1:5000/v2/library/app`) by plain HTTP requests, as the start of a test
 * that is not about pushing.
 */
export async function pushGraph(repository: string, graph: TestGraph, options: PushOptions): Promise<void> {
  const headers = options.authorization === undefined ? {} : { authorization: options.authorization };
  for (const blob of graph.blobs.values()) await pushBlob(repository, blob, headers);
  for (const { descriptor, bytes } of graph.manifests.values()) {
    const name = descriptor.digest === graph.descriptor.digest ? options.tag : descriptor.digest;
    await expect(201, `${repository}/manifests/${name}`, {
      method: 'PUT',
      headers: { ...headers, 'content-type': descriptor.mediaType },
      body: bytes,
    });
  }
}

async function pushBlob(
  repository: string,
  blob: TestContent,
  headers: Record<string, string>,
): Promise<void> {
  const start = `${repository}/blobs/uploads/`;
  const session = await expect(202, start, { method: 'POST', headers });
  const target = new URL(session.headers.location ?? '', start);
  target.searchParams.set('digest', blob.digest);
  await expect(201, target, {
    method: 'PUT',
    headers: { ...headers, 'content-type': 'application/octet-stream', 'content-length': blob.size },
    body: blob.open(),
  });
}

async function expect(status: number, url: string | URL, options: AskOptions): Promise<Answer> {
  const answer = await ask(url, options);
  if (answer.status === status) return answer;
  throw new Error(`${options.method} ${String(url)}: ${answer.status} ${answer.body.toString()}`);
}
