/** Measures one case: the contestants in turn, so that what slows the machine for a while slows all of them. */

import { programOf } from './case.js';
import type { Case, Contestant, Goal, Rig } from './case.js';
import { measure } from './measure.js';
import type { Sample } from './measure.js';
import { pairedRatio, spread } from './statistics.js';
import type { Spread } from './statistics.js';

/** What one contestant needed. */
export interface Figures {
  readonly name: string;
  readonly wallMs: Spread;
  readonly cpuMs?: Spread;
  readonly peakBytes?: Spread;
  /** Over the network, both ways; only where a relay stands between. */
  readonly networkBytes?: Spread;
}

export interface Comparison {
  readonly to: string;
  /** Wall time of `reg` to theirs. */
  readonly ratio: Spread;
}

export interface Result {
  readonly name: string;
  readonly runs: number;
  readonly figures: readonly Figures[];
  /** Of the first contestant to each other. */
  readonly ratios: readonly Comparison[];
  readonly verdict?: Verdict;
  /** Peers that did not do it. */
  readonly leftOut: readonly Failure[];
  readonly memory?: Case['memory'];
}

/** What could not be measured. */
export interface Failure {
  /** Of a case, or of one who was to do it. */
  readonly name: string;
  /** The first line of why. */
  readonly reason: string;
}

interface Verdict {
  readonly goal: Goal;
  /** To whom `reg` is held: the quickest peer, or Node. */
  readonly to: string;
  readonly ratio: Spread;
  readonly isMet: boolean;
}

type Run = Sample & { readonly networkBytes: number | undefined };

interface Track {
  readonly contestant: Contestant;
  readonly samples: Run[];
}

interface RunOptions {
  /** Default: as the case says. */
  readonly runs?: number | undefined;
  readonly onRun: (note: string) => void;
  /** Called with a peer that is left out from then on. */
  readonly onFailure: (peer: Failure) => void;
}

export async function runCase(
  one: Case,
  rig: Rig,
  { runs = one.runs, onRun, onFailure }: RunOptions,
): Promise<Result> {
  const all = (await one.contestants(rig)).map((contestant): Track => ({ contestant, samples: [] }));
  const tracks = new Set(all);
  const leftOut: Failure[] = [];
  /** A peer that fails is left out of this case; without `reg` there is none. */
  const attempt = async (
    together: readonly Track[],
    task: (track: Track) => Promise<void>,
  ): Promise<void> => {
    const outcomes = await Promise.allSettled(together.map(task));
    for (const [position, outcome] of outcomes.entries()) {
      const track = together[position];
      if (outcome.status === 'fulfilled' || track === undefined) continue;
      if (programOf(track.contestant.name) === 'reg') throw outcome.reason;
      const failure = failureOf(track.contestant.name, outcome.reason);
      onFailure(failure);
      leftOut.push(failure);
      tracks.delete(track);
    }
  };
  if (one.warmUp !== false)
    for (const track of all)
      await attempt([track], async ({ contestant }) => void (await runOnce(contestant)));
  for (let run = 0; run < runs; run++) {
    for (const together of turnsOf(one, [...tracks])) {
      onRun(`${run + 1}/${runs} ${together.map(({ contestant }) => contestant.name).join(', ')}`);
      const isAlone = together.length === 1;
      await attempt(together, (track) => take(track, { isAlone }));
    }
  }
  return { ...judge(one, { runs, tracks: [...tracks] }), leftOut };
}

function turnsOf({ peersTogether = false }: Case, tracks: readonly Track[]): readonly (readonly Track[])[] {
  return peersTogether ? [tracks.slice(0, 1), tracks.slice(1)] : tracks.map((track) => [track]);
}

async function take(
  { contestant, samples }: Track,
  { isAlone }: { readonly isAlone: boolean },
): Promise<void> {
  const run = await runOnce(contestant);
  // The kernel tells only what all that ran needed of the CPU.
  samples.push(isAlone ? run : { ...run, cpuMs: undefined });
}

async function runOnce({ before, command, relay }: Contestant): Promise<Run> {
  await before?.();
  const bytes = (): number | undefined => relay && relay.bytes.up + relay.bytes.down;
  const bytesBefore = bytes() ?? 0;
  const sample = await measure(command());
  const bytesAfter = bytes();
  return { ...sample, networkBytes: bytesAfter && bytesAfter - bytesBefore };
}

function judge(
  { name, goal, memory }: Case,
  { runs, tracks }: { readonly runs: number; readonly tracks: readonly Track[] },
): Omit<Result, 'leftOut'> {
  const figures = tracks.map(figuresOf);
  const [ours, ...others] = tracks;
  const walls = (track: Track | undefined): readonly number[] =>
    track?.samples.map(({ wallMs }) => wallMs) ?? [];
  const ratios = others.map((other) => ({
    to: other.contestant.name,
    ratio: pairedRatio(walls(ours), walls(other)),
  }));
  const result = { name, runs, figures, ratios, ...(memory && { memory }) };
  const rival = goal && rivalOf(goal, figures.slice(1));
  if (goal === undefined || rival === undefined) return result;
  const find = (wanted: string): Track | undefined =>
    tracks.find(({ contestant }) => contestant.name === wanted);
  const less = goal.lessNode === true ? walls(find('node')) : [];
  const ratio = pairedRatio(walls(ours), walls(find(rival)), { less });
  const { atMost, bytesAtMost = Number.POSITIVE_INFINITY } = goal;
  const bytes = figures[0]?.networkBytes?.median ?? 0;
  const isMet = ratio.median <= atMost && bytes <= bytesAtMost;
  return { ...result, verdict: { goal, to: rival, ratio, isMet } };
}

/** Whom `reg` is held against; nobody when no peer is installed. */
function rivalOf({ of }: Goal, others: readonly Figures[]): string | undefined {
  if (of === 'node') return 'node';
  const peers = others.filter(({ name }) => name !== 'node');
  return peers.sort((one, other) => one.wallMs.median - other.wallMs.median)[0]?.name;
}

function figuresOf({ contestant: { name }, samples }: Track): Figures {
  const all = <K extends 'cpuMs' | 'peakBytes' | 'networkBytes'>(key: K): { readonly [P in K]?: Spread } => {
    const values = samples.flatMap((sample) => sample[key] ?? []);
    return values.length === 0 ? {} : ({ [key]: spread(values) } as { readonly [P in K]?: Spread });
  };
  const wallMs = spread(samples.map((sample) => sample.wallMs));
  return { name, wallMs, ...all('cpuMs'), ...all('peakBytes'), ...all('networkBytes') };
}

export function failureOf(name: string, error: unknown): Failure {
  return { name, reason: reasonOf(error).split('\n')[0] ?? '' };
}

export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim();
}
