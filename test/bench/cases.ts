/** All that is measured, with the goal of each. */

import type { Case, Goal } from './case.js';
import { digestOf, ownCommand } from './commands.js';
import { coldPull, pullAgain, pullOver, resumedPull } from './pulls.js';
import { coldPush, copyAcross, mountedPush, pushAgain } from './pushes.js';
import { SCALE } from './scale.js';

/** Bytes per second. */
const MB = 1_000_000;
const MEGABIT = MB / 8;

/** There and back again takes 50 ms. */
const FAR = { delayMs: 25 };

/** Where the network is what is waited for: parts of a layer may come over several connections, and wait for each other. */
const SLOW: Pick<Case, 'warmUp' | 'peersTogether' | 'memory'> = {
  warmUp: false,
  peersTogether: true,
  memory: 'pull in parallel ranges',
};

const ofPeer = (atMost: number): Goal => ({ atMost, of: 'peer' });
const ofNode = (atMost: number): Goal => ({ atMost, of: 'node' });

export const CASES: readonly Case[] = [
  coldPull('cold pull of one layer of 1 GB, 20 MB/s a connection', {
    image: '1gb',
    shape: { connectionRate: 20 * MB },
    goal: ofPeer(0.2),
    ...SLOW,
    runs: 1,
    seconds: 65,
  }),
  coldPull('cold pull of 10 × 100 MB, 5 MB/s a connection', {
    image: '10x100mb',
    shape: { connectionRate: 5 * MB },
    goal: ofPeer(0.35),
    ...SLOW,
    runs: 1,
    seconds: 90,
  }),
  coldPull('cold pull of 7 layers (70 MB), 50 ms round trip', {
    image: '70mb',
    shape: FAR,
    goal: ofPeer(0.8),
    runs: 5,
    seconds: 15,
    isQuick: true,
  }),
  resumedPull('pull of 100 MB that was interrupted at 90 %, 100 Mbit/s', {
    image: '100mb',
    shape: { linkRate: 100 * MEGABIT },
    part: 0.9,
    // The missing tenth, and 1 MB that was on its way.
    goal: { ...ofPeer(0.15), bytesAtMost: 11 * MB },
    ...SLOW,
    runs: 2,
    seconds: 55,
  }),
  mountedPush('push of 7 layers that the registry has elsewhere, 50 ms round trip', {
    image: '70mb',
    shape: FAR,
    goal: ofPeer(0.8),
    runs: 5,
    seconds: 20,
    isQuick: true,
  }),
  coldPull('cold pull of one layer of 1 GB', { image: '1gb', goal: ofPeer(0.75), runs: 3, seconds: 45 }),
  coldPull('cold pull of 10 × 100 MB', { image: '10x100mb', goal: ofPeer(1.05), runs: 3, seconds: 30 }),
  coldPull('cold pull of 100 × 1 MB, less the start of Node', {
    image: '100x1mb',
    goal: { atMost: 1, of: 'peer', lessNode: true },
    runs: 7,
    seconds: 20,
    isQuick: true,
    withNode: true,
  }),
  coldPull('cold pull of 7 layers (70 MB)', { image: '70mb', runs: 7, seconds: 10, isQuick: true }),
  coldPull('cold pull of 7 layers (70 MB) from a registry', {
    image: '70mb',
    server: 'registry',
    runs: 7,
    seconds: 15,
    isQuick: true,
  }),
  coldPull('cold pull of one layer of 100 MB', { image: '100mb', runs: 5, seconds: 10 }),
  coldPush('push of one layer of 1 GB', { image: '1gb', goal: ofPeer(1.1), runs: 3, seconds: 40 }),
  coldPush('push of 10 × 100 MB', { image: '10x100mb', goal: ofPeer(1.25), runs: 3, seconds: 30 }),
  copyAcross('copy of one layer of 1 GB from one registry to another', {
    image: '1gb',
    goal: ofPeer(1),
    runs: 3,
    seconds: 30,
  }),
  ownCommand(['--version'], { goal: ofNode(1.25), runs: 21, seconds: 3, isQuick: true }),
  ownCommand(['--help'], { goal: ofNode(1.7), runs: 21, seconds: 3, isQuick: true }),
  digestOf('3mb', { goal: ofNode(2.2), runs: 15, seconds: 5, isQuick: true }),
  pullAgain('pull of 3 MB with nothing to do', {
    image: '3mb',
    goal: ofNode(2.2),
    runs: 15,
    seconds: 10,
    isQuick: true,
  }),
  pushAgain('push of 3 MB with nothing to do', {
    image: '3mb',
    goal: ofNode(2.2),
    runs: 15,
    seconds: 10,
    isQuick: true,
  }),
  coldPull('cold pull of 3 MB', {
    image: '3mb',
    goal: ofNode(3),
    runs: 15,
    seconds: 10,
    isQuick: true,
    withNode: true,
  }),
  pullOver('connections: cold pull of 100 MB, 5 MB/s a connection', {
    image: '100mb',
    shape: { connectionRate: 5 * MB },
    counts: [24, 16, 8, 4, 2, 1],
    runs: 1,
    warmUp: false,
    seconds: 60,
  }),
  ...SCALE,
];
