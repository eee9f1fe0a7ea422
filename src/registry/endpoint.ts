/** Where a registry is: the URL behind the host of a reference, and with what care URLs are connected to for it. */

import { hasCode, RegError } from '../errors.js';
import { isDockerHub } from '../spec/docker-hub.js';
import { quoteText } from '../spec/text.js';
import { bareHostname, isLoopback, portOf } from './net/addresses.js';
import type { Dialer } from './net/dial.js';
import type { Care } from './http/http.js';
import { isSameOrigin } from './origin.js';
import { parseProxy, type Proxy } from './net/proxy.js';
import type { HostSettings, PullSource } from '../spec/route.js';
import { speaksTls } from './net/tls-probe.js';
import type { Announce } from './http/told.js';
import type { Trust } from './net/trust.js';

/** Remembers from run to run which hosts of this machine spoke plain http. Never throws. */
export interface PlainMemory {
  isPlain(host: string): Promise<boolean>;
  notePlain(host: string, isPlain: boolean): void;
}

/** References name Docker Hub by one host; its API is on another. */
const HUB_API = 'registry-1.docker.io';

export interface EndpointOptions {
  readonly dialer: Dialer;
  readonly announce: Announce;
  /** Called once. */
  readonly settings: () => Promise<HostSettings>;
  /** Where its API is, and for whom it stands in; default: where the host says, for itself. */
  readonly at?: Pick<PullSource, 'root' | 'namespace'> | undefined;
  readonly memory?: PlainMemory | undefined;
  /** How long a host may think about whether it speaks TLS, in milliseconds. */
  readonly probeTimeoutMs: number;
}

export class Endpoint {
  /** As in a reference. */
  readonly host: string;
  readonly #options: EndpointOptions;
  #settings: Promise<HostSettings> | undefined;
  #base: Promise<URL> | undefined;
  /** Whether nothing that the host said proves that it speaks TLS. */
  #isGuess = false;
  /** Whether it is only remembered what the host speaks. */
  #isRemembered = false;
  #wasAsked = false;
  #isPublic: Promise<boolean> | undefined;
  #proxy: Proxy | undefined;

  constructor(host: string, options: EndpointOptions) {
    this.host = host;
    this.#options = options;
  }

  /**
   * The root URL. The first call asks a host, where that is allowed, whether it speaks TLS; only one that answers in
   * another language is spoken to in plain http. Throws INVALID_REFERENCE, UNREACHABLE, TIMEOUT, and what the settings
   * throw.
   */
  base(): Promise<URL> {
    this.#base ??= this.#find().catch((error: unknown) => {
      this.#base = undefined;
      throw error;
    });
    return this.#base;
  }

  /**
   * To be called when a request failed on the way: where the host gave no answer to whether it speaks TLS, it is asked
   * again by the next `base`. Answers whether that is so.
   */
  forgetGuess(): boolean {
    const wasGuess = this.#isGuess;
    if (wasGuess) this.#base = undefined;
    this.#isGuess = false;
    return wasGuess;
  }

  /** To be called when it answered as a registry may: what was remembered is true then. */
  confirm(): void {
    this.#isRemembered = false;
  }

  /** To be called when a request failed: what was only remembered is asked for by the next `base`. Answers whether it was. */
  forgetRemembered(): boolean {
    const wasRemembered = this.#isRemembered;
    if (wasRemembered) this.#base = undefined;
    this.#isRemembered = false;
    return wasRemembered;
  }

  /** The URL of a path such as `/v2/app/tags/list`. */
  async urlOf(target: string): Promise<URL> {
    const { root = '', namespace } = this.#options.at ?? {};
    const url = new URL(target, await this.base());
    if (root !== '')
      url.pathname = new URL(root).pathname.replace(/\/$/, '') + url.pathname.slice('/v2'.length);
    if (namespace !== undefined) url.searchParams.set('ns', namespace);
    return url;
  }

  /** Headers that go with a request to `url` beside its own: to the registry itself, and to nobody else. */
  async headersFor(url: URL): Promise<HostSettings['headers']> {
    return isSameOrigin(url, await this.base()) ? (await this.#read()).headers : undefined;
  }

  /** What lies before `url`, which is one of the registry itself. Throws INVALID_CONFIG, and what the settings throw. */
  async proxyFor(url: URL): Promise<Proxy | undefined> {
    return (await this.#ownProxy(url)) ?? this.#options.dialer.proxyFor(url);
  }

  /** With what care to connect to `url`: only the registry itself may show any certificate, and is shown ours. */
  async careFor(url: URL): Promise<Care> {
    const settings = await this.#read();
    const isOurs = isSameOrigin(url, await this.base());
    return {
      ...(isOurs && { connectTimeoutMs: settings.connectTimeoutMs, proxy: await this.#ownProxy(url) }),
      checkCertificate: !isOurs || settings.insecure !== true,
      trust: this.#trust(settings, { isOurs }),
    };
  }

  /** The same for a URL that a redirect names: from a public registry it must not lead into a private network. */
  async careForRedirect(url: URL): Promise<Care> {
    const base = await this.base();
    if (isSameOrigin(url, base)) return this.careFor(url);
    this.#isPublic ??= this.#options.dialer.isPublic(bareHostname(base), portOf(base));
    return {
      publicOnly: await this.#isPublic,
      trust: this.#trust(await this.#read(), { isOurs: false }),
    };
  }

  /** As docker has it, whoever may vouch for a registry may do so for its token service and storage, too. */
  #trust({ authorities = [], identity }: HostSettings, { isOurs }: { readonly isOurs: boolean }): Trust {
    return { registry: this.host, authorities, ...(isOurs && { identity }) };
  }

  /** The one that is set for it alone; as with any other, a pin goes before. */
  async #ownProxy(url: URL): Promise<Proxy | undefined> {
    const { dialer, announce } = this.#options;
    const { proxy } = await this.#read();
    if (proxy === undefined || dialer.isPinned(bareHostname(url), portOf(url))) return undefined;
    return (this.#proxy ??= announce(parseProxy(proxy.url, proxy.from), url));
  }

  #read(): Promise<HostSettings> {
    return (this.#settings ??= this.#options.settings());
  }

  async #find(): Promise<URL> {
    const { root } = this.#options.at ?? {};
    if (root !== undefined) return new URL('/', root);
    const url = parseHost(this.host);
    const { scheme } = await this.#read();
    if (scheme === 'http') return toHttp(url);
    const isOurs = scheme === undefined && isLoopback(bareHostname(url));
    if (scheme !== 'ask') return isOurs ? this.#askOnce(url) : url;
    try {
      return await this.#ask(url);
    } catch (error) {
      // As docker has it: without a port in its name a host may be there on that of http alone.
      const isOpen = url.host === this.host && url.port === '';
      if (!isOpen || !hasCode(error, 'UNREACHABLE')) throw error;
      return toHttp(url);
    }
  }

  /** Of this machine alone: for any other host a memory that is old or wrong would do without TLS. */
  async #askOnce(url: URL): Promise<URL> {
    const { memory } = this.#options;
    const wasAsked = this.#wasAsked;
    this.#wasAsked = true;
    this.#isRemembered = !wasAsked && (await memory?.isPlain(url.host)) === true;
    if (this.#isRemembered) return toHttp(url);
    const found = await this.#ask(url);
    memory?.notePlain(url.host, found.protocol === 'http:');
    return found;
  }

  async #ask(url: URL): Promise<URL> {
    const { dialer, probeTimeoutMs: timeoutMs } = this.#options;
    const target = { isSecure: false, isTunnelled: true, hostname: bareHostname(url), port: portOf(url) };
    const socket = await dialer.dial({ ...target, proxy: await this.proxyFor(url) });
    const isTls = await speaksTls(socket, { timeoutMs });
    this.#isGuess = isTls === undefined;
    return isTls === false ? toHttp(url) : url;
  }
}

/** The URL of a host as references have it, as if it spoke https. Throws INVALID_REFERENCE. */
export function parseHost(host: string): URL {
  const text = `https://${isDockerHub(host) ? HUB_API : host}/`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Whatever the URL parser takes for something else than host and port was no host.
  if (url === undefined || !/^[a-z0-9.:[\]_-]+$/i.test(host) || url.pathname !== '/') {
    throw new RegError('INVALID_REFERENCE', `${quoteText(host)} is not the host of a registry`);
  }
  return url;
}

function toHttp(url: URL): URL {
  // Not by assigning `protocol`, which would forget that the port 443 was written out.
  return new URL(`http://${url.host}/`);
}
