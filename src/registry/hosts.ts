/** Joins the parts: one `Host` for each registry, over connections and notices that all of them share. */

import { Connections } from '../content/connections.js';
import { DEFAULT_POLICY, type RetryPolicy } from '../content/retry.js';
import { Redactor } from '../spec/redactor.js';
import type { HostSettings, ImageName, PullSource } from '../spec/route.js';
import { Authorizer } from './auth/authorizer.js';
import type { ClientOptions } from './client-options.js';
import { Endpoint } from './endpoint.js';
import { Host } from './host.js';
import { Http } from './http/http.js';
import type { Send } from './http/redirect.js';
import { announcer, traced, type Announce } from './http/told.js';
import { Dialer } from './net/dial.js';
import { Notices } from './notices.js';
import { Survey } from './survey/survey.js';
import { Way } from './survey/way.js';

/** The slowest that stores let one connection be is about 5 MB/s: so many of them fill a gigabit. */
const MOST_CONNECTIONS = 24;

/** A host on this machine that says nothing for so long is not waited for: the handshake that follows will tell. */
const MAX_PROBE_MS = 3000;

export interface Hosts {
  /** The one for a host as references name it. No I/O. */
  get(name: string): Host;
  /** What can be found out about one. No I/O. Throws INVALID_REFERENCE. */
  survey(name: string): Survey;
  /** The one for a place to read an image from, apart from all others. No I/O. */
  at(place: PullSource, image: ImageName): Host;
  readonly notices: Notices;
  /** One request to exactly its URL, by the connections of all: nothing is followed, added or tried again. */
  readonly send: Send;
  /** Ends all connections; what is still under way rejects. */
  close(): Promise<void>;
}

/** No I/O before the first request. */
export function createHosts(options: ClientOptions): Hosts {
  const { connectTimeoutMs = 10_000, idleTimeoutMs = 60_000, userAgent = 'reg', clock } = options;
  const redactor = options.redactor ?? new Redactor();
  const notices = new Notices(redactor, options.onNotice);
  const announce = announcer({ notices, redactor });
  const dialer = new Dialer({
    connectTimeoutMs,
    pins: options.resolve ?? [],
    ca: options.ca ?? [],
    systemAuthorities: options.systemAuthorities,
    proxyFor(url) {
      const proxy = options.proxyFor?.(url);
      return proxy && announce(proxy, url);
    },
  });
  const http = new Http({ dialer, clock, idleTimeoutMs, userAgent });
  const parts: Parts = {
    dialer,
    announce,
    notices,
    redactor,
    send: traced(http, { notices, clock }),
    connectAhead: (asked) => http.connectAhead(asked),
    connectTimeoutMs,
  };
  const hosts = new Map<string, Host>();
  const keep = (key: string, make: () => Host): Host => {
    const host = hosts.get(key) ?? make();
    hosts.set(key, host);
    return host;
  };
  const get = (name: string): Host =>
    keep(name, () => createHost(name, { ...parts, options, settings: () => settingsOf(name, options) }));
  return {
    get,
    survey(name) {
      const host = get(name);
      return new Survey({ host, way: new Way({ endpoint: host.endpoint, dialer, clock }) });
    },
    at: (place, image) =>
      keep(JSON.stringify({ ...place, path: '' }), () =>
        createHost(place.host, {
          ...parts,
          options: { ...options, retryPolicy: ONCE },
          settings: () => settingsAt(place, { ...options, image }),
          at: place,
        }),
      ),
    notices,
    send: parts.send,
    close: () => http.close(),
  };
}

interface Parts {
  readonly dialer: Dialer;
  readonly announce: Announce;
  readonly notices: Notices;
  readonly redactor: Redactor;
  readonly send: Send;
  readonly connectAhead: Http['connectAhead'];
  readonly connectTimeoutMs: number;
}

/** A mirror that fails is passed over, which takes less time than to try it again. */
const ONCE: RetryPolicy = { ...DEFAULT_POLICY, tries: 1 };

interface HostParts extends Parts {
  readonly options: ClientOptions;
  readonly settings: () => Promise<HostSettings>;
  readonly at?: PullSource | undefined;
}

function createHost(name: string, { options, settings, at, ...parts }: HostParts): Host {
  const { clock, credentials, authHosts, onRefreshToken, plainHttpAuth = false } = options;
  const { dialer, announce, notices, redactor, send, connectAhead, connectTimeoutMs } = parts;
  const probeTimeoutMs = Math.min(connectTimeoutMs, MAX_PROBE_MS);
  const endpoint = new Endpoint(name, {
    dialer,
    announce,
    settings,
    at,
    probeTimeoutMs,
    memory: options.memory,
  });
  const authorizer = new Authorizer({
    host: name,
    credentials,
    authHosts,
    onRefreshToken,
    plainHttpAuth,
    memory: options.memory,
    onTokenAhead: (base) =>
      void endpoint.careFor(base).then(
        (care) => connectAhead({ url: base, care }),
        // The request itself will say what is wrong with the settings.
        () => {},
      ),
    clock,
    redactor,
    clean: (text) => notices.clean(text),
    warn: (message) => notices.sayOnce('warning', message),
    send,
    endpoint,
  });
  return new Host({
    endpoint,
    authorizer,
    send,
    notices,
    clock,
    retryPolicy: options.retryPolicy ?? DEFAULT_POLICY,
    connections: new Connections({ most: options.connections ?? MOST_CONNECTIONS, clock }),
  });
}

/** What is set for one registry; what is set for all of them goes before it. */
async function settingsOf(
  name: string,
  { settingsFor, plainHttp, insecure, identity, headers }: ClientOptions,
): Promise<HostSettings> {
  const settings = (await settingsFor?.(name)) ?? {};
  return {
    ...settings,
    ...(plainHttp && { scheme: 'http' }),
    ...(insecure && { insecure }),
    ...(identity && { identity }),
    headers: { ...settings.headers, ...headers },
  };
}

/** What is set for a place to read from. What is said for the registries of a command is not for their mirrors. */
async function settingsAt(
  place: PullSource,
  { image, ...options }: ClientOptions & { readonly image: ImageName },
): Promise<HostSettings> {
  const isItself = place.host === image.domain && place.namespace === undefined;
  const settings = isItself ? await settingsOf(place.host, options) : await options.settingsFor?.(place.host);
  const authorities = [...(settings?.authorities ?? []), ...(place.settings.authorities ?? [])];
  return { ...settings, ...place.settings, authorities };
}
