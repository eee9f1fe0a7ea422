/** The storage server to which registries redirect: another origin, which must never see a login. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { reply, startHttpServer } from '../support/http-server.js';
import type { HttpServer } from '../support/http-server.js';
import type { TestContent } from '../support/contents.js';
import type { Scope } from '../support/temp.js';

export interface Elsewhere extends HttpServer {
  readonly urlOf: (digest: string) => string;
}

/** Serves contents by digest, ranges too, to whoever comes with the signature. */
export async function startElsewhere(
  scope: Scope,
  {
    contents,
    signature,
  }: { readonly contents: ReadonlyMap<string, TestContent>; readonly signature: string },
): Promise<Elsewhere> {
  const server = await startHttpServer(scope, async (exchange) => {
    const { url, log } = exchange;
    const content = contents.get(url.pathname.slice(1));
    if (content === undefined || url.searchParams.get('signature') !== signature) return reply(exchange, 403);
    const from = Number(/^bytes=(\d+)-$/.exec(log.headers.range ?? '')?.[1] ?? 0);
    const body = await buffer(Readable.from(content.open(from)));
    const headers = { 'content-range': `bytes ${from}-${content.size - 1}/${content.size}` };
    reply(exchange, from > 0 ? 206 : 200, { body, headers: from > 0 ? headers : {} });
  });
  return { ...server, urlOf: (digest) => `${server.origin}/${digest}?signature=${signature}` };
}
