/** Lists of tags and of repositories, whole or by pages (distribution-spec 1.1, "Listing Tags"). */

import type { Call, Service } from './call.js';
import { refuse } from './errors.js';
import { jsonReply, type Reply } from './reply.js';
import { listRepositories } from './repository.js';

/** `GET /v2/NAME/tags/list?n=…&last=…`. */
export async function listTags({ repository, query }: Call): Promise<Reply> {
  const { name } = repository;
  const tags = await repository.tags();
  if (tags === undefined) return refuse('NAME_UNKNOWN', `there is no repository ${name}`);
  return replyWithPage(tags, {
    query,
    path: `/v2/${name}/tags/list`,
    wrap: (page) => ({ name, tags: page }),
  });
}

/** `GET /v2/_catalog?n=…&last=…`, as distribution has it. */
export async function listCatalog({ store, cache }: Service, query: URLSearchParams): Promise<Reply> {
  if (cache !== undefined) return refuse('UNSUPPORTED', 'a cache has no list of what the registries have');
  const names = await listRepositories(store);
  return replyWithPage(names, { query, path: '/v2/_catalog', wrap: (page) => ({ repositories: page }) });
}

interface PageOptions {
  readonly query: URLSearchParams;
  readonly path: string;
  readonly wrap: (page: readonly string[]) => object;
}

/** The `n` items after `last`, with a link to the next page where there is one. All without `n`. */
export function replyWithPage(items: readonly string[], { query, path, wrap }: PageOptions): Reply {
  const n = query.get('n');
  if (n !== null && !/^\d+$/.test(n)) return refuse('UNSUPPORTED', 'n is not a number', { status: 400 });
  const after = query.get('last') ?? '';
  const rest = items.filter((item) => item > after);
  const page = n === null ? rest : rest.slice(0, Number(n));
  const last = page.at(-1);
  if (last === undefined || page.length === rest.length) return jsonReply(wrap(page));
  const link = `<${path}?${new URLSearchParams({ n: String(page.length), last }).toString()}>; rel="next"`;
  return jsonReply(wrap(page), { headers: { link } });
}
