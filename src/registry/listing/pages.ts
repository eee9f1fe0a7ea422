/** Lists that come page by page, as distribution-spec 1.1 has it for tags ("Listing Tags") and distribution for repositories. */

import { retry, type RetryOptions } from '../../content/retry.js';
import type { CallOptions } from '../../content/types.js';
import { RegError } from '../../errors.js';
import { parseJsonObject } from '../../spec/json.js';
import { bareMediaType } from '../../spec/media-type.js';
import { nextQuery, parseNextLink } from '../http/link.js';
import { notARegistry } from '../manifests/answer.js';
import type { Scope, Transport } from '../transport.js';

/** Asked for at a time; ECR refuses more. */
const PAGE = 1000;
const MAX_PAGES = 10_000;
const MAX_PAGE_SIZE = 8 * 1024 * 1024;

export interface ListOptions extends CallOptions {
  /** How many will be read, as far as that is known: then no more are asked for at a time. */
  readonly atMost?: number | undefined;
}

export interface PagedList extends ListOptions {
  readonly host: string;
  readonly transport: Transport;
  readonly retry: Omit<RetryOptions, 'signal'>;
  /** `/v2/app/tags/list` */
  readonly target: string;
  readonly scopes: readonly Scope[];
  /** Key of the list in each page. */
  readonly key: string;
  /** For messages: `the tag list of localhost:5000/app`. */
  readonly what: string;
}

interface Page {
  readonly items: readonly string[];
  /** Query of the next page, with its question mark; undefined on the last one. */
  readonly next: string | undefined;
}

/** All items that are texts, in the server's order. Throws PROTOCOL_ERROR, TOO_LARGE and what the transport throws. */
export async function* listPages(list: PagedList): AsyncGenerator<string> {
  const { what, signal } = list;
  const seen = new Set<string>();
  let query: string | undefined = firstQuery(list);
  while (query !== undefined) {
    if (seen.has(query)) throw new RegError('PROTOCOL_ERROR', `${what} goes round in a circle`);
    if (seen.size >= MAX_PAGES)
      throw new RegError('PROTOCOL_ERROR', `${what} has more than ${MAX_PAGES} pages`);
    seen.add(query);
    const asked: string = query;
    const page = await retry(() => fetchPage(list, asked), { ...list.retry, signal });
    yield* page.items;
    query = page.next;
  }
}

function firstQuery({ atMost = PAGE }: PagedList): string {
  return `?n=${Math.min(PAGE, atMost)}`;
}

async function fetchPage(list: PagedList, query: string): Promise<Page> {
  try {
    return await readPage(list, query);
  } catch (error) {
    if (!isTooMany(error) || query !== firstQuery(list)) throw error;
    return readPage(list, '');
  }
}

/** distribution 3 refuses to give more at a time than its `maxentries`, which it tells nobody. */
function isTooMany(error: unknown): boolean {
  const { wireErrors = [] } = error instanceof RegError ? error.context : {};
  return wireErrors.some(({ code }) => code === 'PAGINATION_NUMBER_INVALID');
}

async function readPage(
  { host, transport, target, scopes, key, what, signal }: PagedList,
  query: string,
): Promise<Page> {
  const headers = { accept: 'application/json' };
  const request = { method: 'GET', target: `${target}${query}`, scopes, headers, expect: [200] } as const;
  const answer = await transport.send({ ...request, retry: false, signal });
  const bytes = await answer.read(MAX_PAGE_SIZE);
  if (bareMediaType(answer.header('content-type') ?? '') === 'text/html') throw notARegistry({ host });
  const { [key]: items } = parseJsonObject(bytes, { what, code: 'PROTOCOL_ERROR' });
  const read = readItems(items, `${what} has no list "${key}"`);
  return { items: read, next: queryAfter(answer.header('link'), read.at(-1)) };
}

/** Nexus lists nulls (skopeo#2409); an empty list may be null itself. */
function readItems(items: unknown, fault: string): readonly string[] {
  if (items === null || items === undefined) return [];
  if (!Array.isArray(items)) throw new RegError('PROTOCOL_ERROR', fault);
  return items.filter((item: unknown): item is string => typeof item === 'string' && item !== '');
}

/** A link without a query says only that there is more. */
function queryAfter(header: string | undefined, last: string | undefined): string | undefined {
  if (header === undefined || parseNextLink(header) === undefined) return undefined;
  return (
    nextQuery(header) ?? (last === undefined ? undefined : `?n=${PAGE}&last=${encodeURIComponent(last)}`)
  );
}
