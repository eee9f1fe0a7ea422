/** Breaks connections at random: a new fault for a byte proxy every moment. */
import type { ByteProxy, Faults } from '../support/byte-proxy.js';
import type { Random } from './random.js';
import type { Tally } from './tally.js';

/** How often each comes. In an outage no connection lives, for seconds. */
const KINDS = { none: 30, cut: 40, reset: 40, stall: 10, delay: 20, outage: 1 };
type Kind = keyof typeof KINDS;

/** Starts breaking what goes through the proxy; the answer stops it, and leaves the proxy well. */
export function startNetworkFaults(
  proxy: ByteProxy,
  { random, tally }: { readonly random: Random; readonly tally: Tally },
): () => void {
  let kind: Kind = 'none';
  let before = snapshot(proxy);
  let timer: NodeJS.Timeout | undefined;
  const settle = (): void => {
    const now = snapshot(proxy);
    if (kind === 'delay' && now.bytes > before.bytes) tally.add('delay');
    else if (kind === 'outage') tally.add('outage');
    else if (kind !== 'none' && now.hit > before.hit) tally.add(kind, now.hit - before.hit);
    before = now;
  };
  const turn = (): void => {
    settle();
    kind = random.weighted(KINDS);
    proxy.faults = faultsOf(kind, proxy, random);
    timer = setTimeout(turn, kind === 'outage' ? random.between(3000, 10_000) : random.between(30, 250));
  };
  turn();
  return () => {
    clearTimeout(timer);
    settle();
    proxy.faults = {};
  };
}

function faultsOf(kind: Kind, { connections }: ByteProxy, random: Random): Faults {
  if (kind === 'outage') return { cutAfter: 0, reset: true };
  const once = { direction: random.pick(['down', 'down', 'up'] as const), times: connections.hit + 1 };
  // Half of them in the headers, the others somewhere in the bodies.
  const at = random() < 0.5 ? random.between(0, 600) : random.between(0, 1024 * 1024);
  if (kind === 'cut') return { ...once, cutAfter: at };
  if (kind === 'reset') return { ...once, cutAfter: at, reset: true };
  if (kind === 'stall') return { ...once, stallAfter: at };
  return kind === 'delay' ? { delayMs: random.between(5, 60) } : {};
}

function snapshot({ bytes, connections }: ByteProxy): { readonly bytes: number; readonly hit: number } {
  return { bytes: bytes.up + bytes.down, hit: connections.hit };
}
