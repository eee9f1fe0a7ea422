/** The registry client: one object for all registries that a program talks to. */

import type { CallOptions, Source } from '../content/types.js';
import { listRepositories } from './listing/catalog.js';
import type { ClientOptions } from './client-options.js';
import { createHosts } from './hosts.js';
import type { Send } from './http/redirect.js';
import type { ListOptions } from './listing/pages.js';
import { readFrom } from './pull-sources.js';
import { Registry } from './registry.js';
import { searchHub, type Hit, type SearchOptions } from './listing/search.js';
import type { ImageName, PullSource } from '../spec/route.js';
import type { Survey } from './survey/survey.js';

export interface RegistryClient {
  /** One repository, such as `library/nginx` on `docker.io`. No I/O. */
  repository(host: string, path: string): Registry;
  /** One image to read, from its mirrors if it has some, then from its registry. No I/O. */
  source(image: ImageName): Source;
  /**
   * Checks that the host is a registry and accepts the login for it. Throws UNAUTHORIZED, and what any request throws.
   */
  ping(host: string, options?: CallOptions): Promise<void>;
  /** Repositories on Docker Hub that match a term; no login is used. Throws as `searchHub`. */
  search(term: string, options: SearchOptions): Promise<readonly Hit[]>;
  /** All repositories of a registry that the login may see, page by page. Throws as `listRepositories`. */
  repositories(host: string, options?: ListOptions): AsyncIterable<string>;
  /** Closes all connections; calls still under way reject. */
  close(): Promise<void>;
}

/** The client as `reg` itself has it. */
export interface FullClient extends RegistryClient {
  /**
   * One request to exactly its URL, with the proxies and authorities of this client, for what is no registry: no redirect
   * is followed, no credential added, nothing tried again. Throws UNREACHABLE, TIMEOUT, TLS_ERROR, PROTOCOL_ERROR, ABORTED.
   */
  readonly send: Send;
  /** What can be found out about a host. No I/O. Throws INVALID_REFERENCE. */
  survey(host: string): Survey;
}

/** No I/O before the first request. The caller closes the client. */
export function createClient(options: ClientOptions): FullClient {
  const hosts = createHosts(options);
  const { clock, retryPolicy, routeFor } = options;
  const repository = (host: string, path: string): Registry => {
    const transport = hosts.get(host);
    const { connections, patience } = transport;
    return new Registry({ host, repository: path, transport, connections, ...patience });
  };
  return {
    repository,
    source(image) {
      const itself = repository(image.domain, image.path);
      if (routeFor === undefined) return itself;
      const sourceAt = (place: PullSource): Registry => {
        const transport = hosts.at(place, image);
        const { connections, patience } = transport;
        return new Registry({
          host: place.host,
          repository: place.path,
          transport,
          connections,
          ...patience,
        });
      };
      return readFrom(image, { routeFor, itself, sourceAt, notices: hosts.notices });
    },
    ping: (host, { signal } = {}) => hosts.get(host).ping(signal),
    repositories: (host, options) => listRepositories(hosts.get(host), options),
    send: hosts.send,
    search: (term, asked) =>
      searchHub(term, {
        ...asked,
        send: hosts.send,
        clean: (text) => hosts.notices.clean(text),
        retry: { clock, policy: retryPolicy },
      }),
    survey: (host) => hosts.survey(host),
    close: () => hosts.close(),
  };
}
