/** The `Link` header (RFC 8288), as far as paging needs it. */

/** One `<url>` and what follows it up to the next comma that is not inside quotes. */
const LINK = /<([^<>]*)>((?:[^",<>]|"(?:[^"\\]|\\.)*")*)/g;
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i;

/** No page's link comes near it; it bounds the work that a hostile header can make. */
const MAX_LENGTH = 16_384;

/** The URL of the link whose relation is "next", as it is written there. */
export function parseNextLink(header: string): string | undefined {
  for (const [, url, parameters] of header.slice(0, MAX_LENGTH).matchAll(LINK)) {
    const [, quoted, bare] = REL.exec(parameters ?? '') ?? [];
    const relations = (quoted ?? bare ?? '').toLowerCase().split(/\s+/);
    if (relations.includes('next')) return url;
  }
  return undefined;
}

/**
 * The query of the next page, with its question mark. Of the link only that counts, so that no link can lead to another
 * host (google/go-containerregistry 02649eab) and a wrong prefix does no harm (sonatype/nexus-public#1011).
 */
export function nextQuery(header: string | undefined): string | undefined {
  const link = header === undefined ? undefined : parseNextLink(header);
  return link === undefined ? undefined : /^[^?#]*(\?[^#]+)/.exec(link)?.[1];
}
