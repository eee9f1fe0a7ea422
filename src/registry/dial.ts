/**
 * Makes connections: finds the address, connects, and does the TLS handshake, all within one time limit. The
 * address that was judged is the address that is connected to: nothing is looked up twice.
 */

import { lookup } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import { connect, isIP, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';

import { RegError } from '../errors.js';
import { untilAborted } from '../content/abort.js';
import { isLocalhostName, isPrivateAddress, isPrivateHost } from './addresses.js';
import {
  isUnknownAuthority,
  networkError,
  timeoutError,
  type Phase,
  type Situation,
} from './network-error.js';

/** One `--resolve HOST:PORT:ADDRESS[:PORT]`: where connections to a host and port go instead. */
export interface Pin {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly toPort?: number | undefined;
}

export interface DialerOptions {
  /** For name, connection and TLS together, in milliseconds. */
  readonly connectTimeoutMs: number;
  readonly pins: readonly Pin[];
  /** Certificates (PEM) of authorities that are trusted beside those that Node trusts. */
  readonly ca: readonly string[];
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
}

/** How long one address is tried before the next one gets its turn; Node's 250 ms are too short for far-off hosts. */
const ATTEMPT_MS = 500;

export class Dialer {
  readonly #options: DialerOptions;
  readonly #dialling = new Set<AbortController>();
  /** Hosts and ports that were reached before. */
  readonly #known = new Set<string>();
  /** Host names whose certificate only `ca` could vouch for. */
  readonly #privateAuthority = new Set<string>();
  #contexts: Promise<Contexts> | undefined;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** A connection that is ready for HTTP. Throws UNREACHABLE, TIMEOUT, TLS_ERROR, PROTOCOL_ERROR. */
  async dial(destination: Destination): Promise<Socket> {
    const controller = new AbortController();
    const progress: Progress = { phase: 'connect', signal: controller.signal };
    const { connectTimeoutMs: limitMs } = this.#options;
    const peer = peerOf(destination);
    const situation = (): Situation => ({
      peer,
      phase: progress.phase,
      limitMs,
      isKnown: this.#known.has(peer),
    });
    const timer = setTimeout(() => controller.abort(timeoutError(situation())), limitMs);
    this.#dialling.add(controller);
    try {
      const socket = await untilAborted(this.#open(destination, progress), controller.signal);
      this.#known.add(peer);
      return socket;
    } catch (cause) {
      throw networkError(cause, situation());
    } finally {
      clearTimeout(timer);
      this.#dialling.delete(controller);
    }
  }

  /** Whether a host is out on the internet as far as its name and its addresses say. A pinned one is what its name says. */
  async isPublic(hostname: string, port: number): Promise<boolean> {
    if (isPrivateHost(hostname)) return false;
    if (isIP(hostname) !== 0 || this.isPinned(hostname, port)) return true;
    try {
      const addresses = await lookup(hostname, { all: true });
      return !addresses.some(({ address }) => isPrivateAddress(address));
    } catch {
      // A name that leads nowhere leads to no private network.
      return true;
    }
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
    if (!destination.isSecure) return this.#connect(destination, progress);
    const { usual, own } = await (this.#contexts ??= makeContexts(this.#options.ca));
    const { hostname } = destination;
    if (own === undefined) return this.#secure(destination, progress, usual);
    if (this.#privateAuthority.has(hostname)) return this.#secure(destination, progress, own);
    try {
      return await this.#secure(destination, progress, usual);
    } catch (error) {
      // Node offers no way to add to the authorities that it trusts, only to replace them: so each set gets its turn.
      if (!isUnknownAuthority(error)) throw error;
      const socket = await this.#secure(destination, progress, own);
      this.#privateAuthority.add(hostname);
      return socket;
    }
  }

  async #secure(destination: Destination, progress: Progress, secureContext: SecureContext): Promise<Socket> {
    const tls = await import('node:tls');
    const { hostname, checkCertificate = true } = destination;
    const tcp = await this.#connect(destination, progress);
    progress.phase = 'handshake';
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

  async #connect(destination: Destination, progress: Progress): Promise<Socket> {
    progress.phase = 'connect';
    const { hostname, port, publicOnly = false } = destination;
    const pin = this.#pinOf(hostname, port);
    const addresses = pin === undefined ? await addressesOf(hostname) : [addressOf(pin.address)];
    if (publicOnly && pin === undefined) refusePrivate(destination, addresses);
    progress.signal.throwIfAborted();
    const socket = connect({
      host: addresses.length === 1 && addresses[0] !== undefined ? addresses[0].address : hostname,
      port: pin?.toPort ?? port,
      lookup: (_hostname, _options, callback) => callback(null, [...addresses]),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ATTEMPT_MS,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    });
    return ready(socket, 'connect', progress.signal);
  }

  #pinOf(hostname: string, port: number): Pin | undefined {
    return this.#options.pins.find((pin) => pin.host.toLowerCase() === hostname && pin.port === port);
  }
}

/** Where a call to `dial` has got to. */
interface Progress {
  phase: Phase;
  readonly signal: AbortSignal;
}

interface Contexts {
  readonly usual: SecureContext;
  readonly own: SecureContext | undefined;
}

async function makeContexts(ca: readonly string[]): Promise<Contexts> {
  const { createSecureContext } = await import('node:tls');
  return {
    usual: createSecureContext(),
    own: ca.length === 0 ? undefined : createSecureContext({ ca: [...ca] }),
  };
}

/** Host and port as they are shown. */
function peerOf({ hostname, port }: Destination): string {
  return `${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port}`;
}

async function addressesOf(hostname: string): Promise<readonly LookupAddress[]> {
  if (isIP(hostname) !== 0) return [addressOf(hostname)];
  // RFC 6761, 6.3: not asked for in the DNS, where somebody else could answer.
  if (isLocalhostName(hostname)) return [addressOf('127.0.0.1'), addressOf('::1')];
  return lookup(hostname, { all: true });
}

function addressOf(address: string): LookupAddress {
  return { address, family: isIP(address) };
}

function refusePrivate(destination: Destination, addresses: readonly LookupAddress[]): void {
  if (!addresses.some(({ address }) => isPrivateAddress(address))) return;
  throw new RegError(
    'PROTOCOL_ERROR',
    `refusing to follow a public registry to ${peerOf(destination)}, a private address`,
    {
      hint: 'If that is meant, name where the host is with --resolve.',
    },
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
