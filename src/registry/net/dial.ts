/**
 * Makes connections: finds the address, connects, passes a proxy, and does the TLS handshake, all within one time
 * limit. The address that was judged is the address that is connected to: nothing is looked up twice.
 */

import { connect, isIP, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';

import { RegError } from '../../errors.js';
import { untilAborted } from '../../content/abort.js';
import { bareHostname, formatPeer, isPrivateAddress, isPrivateHost, portOf } from './addresses.js';
import { addressesOf, addressOf, createPrivateCheck } from './lookup.js';
import { networkError, timeoutError, type Phase, type Situation } from './network-error.js';
import { formatPeerBy, formatProxy, type Proxy, type ProxyFor } from './proxy.js';
import { Contexts, type ContextsOptions, type Trust } from './trust.js';
import { largeReads } from './read-buffer.js';
import { openTunnel } from './tunnel.js';

/** One `--resolve HOST:PORT:ADDRESS[:PORT]`: where connections to a host and port go instead. */
export interface Pin {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly toPort?: number | undefined;
}

export interface DialerOptions extends ContextsOptions {
  /** For name, connection, proxy and TLS together, in milliseconds. */
  readonly connectTimeoutMs: number;
  readonly pins: readonly Pin[];
  /** Default: no proxies. */
  readonly proxyFor?: ProxyFor | undefined;
}

/** Who is dialled, and with what care. */
export interface Destination {
  readonly isSecure: boolean;
  /** A bare host name or address. */
  readonly hostname: string;
  readonly port: number;
  /** Default true. */
  readonly checkCertificate?: boolean | undefined;
  /** Refuses addresses of this machine and of private networks. Default false. */
  readonly publicOnly?: boolean | undefined;
  /** For a secure one, beside what is trusted anyway. */
  readonly trust?: Trust | undefined;
  /** Default: the dialer's. */
  readonly connectTimeoutMs?: number | undefined;
  /** Is connected to instead; asked to connect on where the destination is secure or `isTunnelled`. */
  readonly proxy?: Proxy | undefined;
  /** Default false. */
  readonly isTunnelled?: boolean | undefined;
}

/** How long one address is tried before the next one gets its turn; Node's 250 ms are too short for far-off hosts. */
const ATTEMPT_MS = 500;

export class Dialer {
  readonly #options: DialerOptions;
  readonly #dialling = new Set<AbortController>();
  /** Hosts and ports that were reached before. */
  readonly #known = new Set<string>();
  readonly #seemsPrivate: (hostname: string) => Promise<boolean>;
  readonly #contexts: Contexts;

  constructor(options: DialerOptions) {
    this.#options = options;
    this.#contexts = new Contexts(options);
    this.#seemsPrivate = createPrivateCheck(options.connectTimeoutMs / 2);
  }

  /** A connection that is ready for HTTP. Throws UNREACHABLE, TIMEOUT, TLS_ERROR, PROTOCOL_ERROR. */
  async dial(destination: Destination): Promise<Socket> {
    const controller = new AbortController();
    const limitMs = destination.connectTimeoutMs ?? this.#options.connectTimeoutMs;
    const progress: Progress = {
      phase: 'connect',
      peer: formatPeer(destination),
      limitMs,
      signal: controller.signal,
    };
    const timer = setTimeout(() => controller.abort(timeoutError(progress)), limitMs);
    this.#dialling.add(controller);
    try {
      return await untilAborted(this.#open(destination, progress), controller.signal);
    } catch (cause) {
      throw networkError(cause, progress);
    } finally {
      clearTimeout(timer);
      this.#dialling.delete(controller);
    }
  }

  /** The proxy before a URL; none where a pin says where to connect. May throw INVALID_CONFIG. */
  proxyFor(url: URL): Proxy | undefined {
    const isPinned = this.isPinned(bareHostname(url), portOf(url));
    return isPinned ? undefined : this.#options.proxyFor?.(url);
  }

  /** Whether a host is out on the internet as far as its name and its addresses say. A pinned one is what its name says. */
  async isPublic(hostname: string, port: number): Promise<boolean> {
    if (isPrivateHost(hostname)) return false;
    return this.isPinned(hostname, port) || !(await this.#seemsPrivate(hostname));
  }

  isPinned(hostname: string, port: number): boolean {
    return this.#pinOf(hostname, port) !== undefined;
  }

  /** Gives up what is still being dialled. */
  close(): void {
    for (const controller of this.#dialling)
      controller.abort(new RegError('ABORTED', 'the client was closed'));
  }

  async #open(destination: Destination, progress: Progress): Promise<Socket> {
    if (!destination.isSecure) return this.#reach(destination, progress);
    return this.#contexts.try(destination.hostname, destination.trust, (context) =>
      this.#secure(destination, progress, context),
    );
  }

  async #secure(destination: Destination, progress: Progress, secureContext: SecureContext): Promise<Socket> {
    const tls = await import('node:tls');
    const { hostname, checkCertificate = true, trust } = destination;
    const tcp = await this.#reach(destination, progress);
    progress.phase = 'handshake';
    progress.registry = trust?.registry;
    const socket = tls.connect({
      socket: tcp,
      host: hostname,
      // RFC 6066, 3: an address is no server name.
      ...(isIP(hostname) === 0 && { servername: hostname }),
      secureContext,
      ALPNProtocols: ['http/1.1'],
      // Said even when true: else NODE_TLS_REJECT_UNAUTHORIZED=0 would switch the check off without a word.
      rejectUnauthorized: checkCertificate,
    });
    return ready(socket, 'secureConnect', progress.signal);
  }

  /** A connection to the destination, or to the proxy before it, which for TLS then leads on to the destination. */
  async #reach(destination: Destination, progress: Progress): Promise<Socket> {
    const { proxy, isSecure, isTunnelled = isSecure, publicOnly = false } = destination;
    if (proxy === undefined) return this.#connect(destination, progress);
    const { hostname } = destination;
    if (publicOnly && (isPrivateHost(hostname) || (await this.#seemsPrivate(hostname)))) {
      throw privateRefusal(destination);
    }
    progress.peer = formatProxy(proxy, destination);
    progress.proxyFrom = proxy.from;
    const socket = await this.#open(proxy, progress);
    if (isTunnelled) {
      progress.phase = 'tunnel';
      await openTunnel(socket, { proxy, target: destination, signal: progress.signal });
    }
    progress.peer = formatPeerBy(proxy, destination);
    progress.proxyFrom = undefined;
    return socket;
  }

  async #connect(destination: Destination, progress: Progress): Promise<Socket> {
    progress.phase = 'connect';
    progress.isKnown = this.#known.has(formatPeer(destination));
    const { hostname, port, publicOnly = false } = destination;
    const pin = this.#pinOf(hostname, port);
    const addresses = pin === undefined ? await addressesOf(hostname) : [addressOf(pin.address)];
    const mayBePrivate = !publicOnly || pin !== undefined;
    if (!mayBePrivate && addresses.some(({ address }) => isPrivateAddress(address)))
      throw privateRefusal(destination);
    progress.signal.throwIfAborted();
    const socket: Socket = connect({
      host: addresses.length === 1 && addresses[0] !== undefined ? addresses[0].address : hostname,
      port: pin?.toPort ?? port,
      lookup: (_hostname, _options, callback) => callback(null, [...addresses]),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ATTEMPT_MS,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      onread: largeReads(() => socket),
    });
    await ready(socket, 'connect', progress.signal);
    this.#known.add(formatPeer(destination));
    return socket;
  }

  #pinOf(hostname: string, port: number): Pin | undefined {
    return this.#options.pins.find((pin) => pin.host.toLowerCase() === hostname && pin.port === port);
  }
}

/** Where a call to `dial` has got to. */
interface Progress extends Situation {
  phase: Phase;
  peer: string;
  proxyFrom?: string | undefined;
  registry?: string | undefined;
  isKnown?: boolean;
  readonly signal: AbortSignal;
}

function privateRefusal(destination: Destination): RegError {
  const peer = formatPeer(destination);
  return new RegError(
    'PROTOCOL_ERROR',
    `refusing to follow a public registry to ${peer}, a private address`,
    { hint: 'If that is intended, give the address of the host with --resolve.' },
  );
}

/** `socket` after `event`; destroyed if that does not come before the abort. */
function ready(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => void socket.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    // This listener stays, so that an error at a moment when nobody else listens ends no process.
    socket.once('error', reject).on('error', () => {});
    socket.once('close', () => signal.removeEventListener('abort', onAbort));
    socket.once(event, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(socket);
    });
  });
}
