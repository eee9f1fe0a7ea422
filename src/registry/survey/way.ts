/** The way to a registry, step by step, so that it can be told where it ends. Nothing is asked of the registry itself. */

import type { Socket } from 'node:net';

import type { Clock } from '../../content/retry.js';
import { hasCode } from '../../errors.js';
import { bareHostname, formatPeer, portOf } from '../net/addresses.js';
import type { Destination, Dialer } from '../net/dial.js';
import { parseHost, type Endpoint } from '../endpoint.js';
import { addressesOf } from '../net/lookup.js';
import { networkError } from '../net/network-error.js';
import type { Proxy } from '../net/proxy.js';
import { readCertificate, type Certificate } from './certificate.js';

export interface WayOptions {
  readonly endpoint: Endpoint;
  readonly dialer: Dialer;
  readonly clock: Clock;
}

/** A connection that was made, and given up again. */
export interface Reached {
  /** With port; of the registry, or of the proxy before it. */
  readonly address: string;
  readonly tookMs: number;
}

/** Every method costs what its step costs, each time. */
export class Way {
  /** A bare host name or address: for Docker Hub another than references have. */
  readonly hostname: string;
  readonly port: number;
  readonly #url: URL;
  readonly #options: WayOptions;

  /** Throws INVALID_REFERENCE. */
  constructor(options: WayOptions) {
    this.#options = options;
    this.#url = parseHost(options.endpoint.host);
    this.hostname = bareHostname(this.#url);
    this.port = portOf(this.#url);
  }

  /** Whether `--resolve` says where to connect. */
  get isPinned(): boolean {
    return this.#options.dialer.isPinned(this.hostname, this.port);
  }

  /** What lies before the registry. Throws INVALID_CONFIG. */
  async proxy(): Promise<Proxy | undefined> {
    return this.#options.endpoint.proxyFor(await this.#likelyBase());
  }

  /** The root URL. Throws as `Endpoint.base`. */
  base(): Promise<URL> {
    return this.#options.endpoint.base();
  }

  /** What the name stands for. Throws UNREACHABLE, TIMEOUT. */
  async addresses(): Promise<readonly string[]> {
    try {
      return (await addressesOf(this.hostname)).map(({ address }) => address);
    } catch (cause) {
      const peer = formatPeer(this);
      throw networkError(cause, { peer, phase: 'connect', limitMs: 0, isKnown: false });
    }
  }

  /** Throws UNREACHABLE, TIMEOUT, and what the way to a proxy throws. */
  async connect(): Promise<Reached> {
    const { clock, endpoint } = this.#options;
    const from = clock.now();
    const url = await this.#likelyBase();
    const proxy = await endpoint.proxyFor(url);
    const isTunnelled = url.protocol === 'https:';
    const socket = await this.#dial({ isSecure: false, isTunnelled, proxy });
    const { remoteAddress: hostname = '', remotePort: port = 0 } = socket;
    const reached = { address: formatPeer({ hostname, port }), tookMs: clock.now() - from };
    socket.destroy();
    return reached;
  }

  /**
   * What the registry shows of itself; with `checked: false` whether it is to be trusted or not. Throws as `connect`, and
   * TLS_ERROR.
   */
  async certificate({ checked }: { readonly checked: boolean }): Promise<Certificate | undefined> {
    const base = await this.base();
    const { endpoint } = this.#options;
    const care = await endpoint.careFor(base);
    const checkCertificate = checked && care.checkCertificate !== false;
    const proxy = await endpoint.proxyFor(base);
    const socket = await this.#dial({ ...care, isSecure: true, checkCertificate, proxy });
    const certificate = await readCertificate(socket);
    socket.destroy();
    return certificate;
  }

  /** Whether the certificate is checked at all: not with `--insecure`. */
  async isChecked(): Promise<boolean> {
    return (await this.#options.endpoint.careFor(await this.base())).checkCertificate !== false;
  }

  /** Also where nobody answers who could say whether he speaks TLS. */
  async #likelyBase(): Promise<URL> {
    try {
      return await this.base();
    } catch (error) {
      if (!hasCode(error, 'UNREACHABLE', 'TIMEOUT')) throw error;
      return this.#url;
    }
  }

  #dial(how: Omit<Destination, 'hostname' | 'port'>): Promise<Socket> {
    return this.#options.dialer.dial({ ...how, hostname: this.hostname, port: this.port });
  }
}
