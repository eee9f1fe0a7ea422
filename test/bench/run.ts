/** Measures one case: the contestants in turn, so that what slows the machine for a while slows all of them. */

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
}

interface Verdict {
  readonly goal: Goal;
  /** To whom `reg` is held: the quickest peer, or Node. */
  readonly to: string;
  readonly ratio: Spread;
  readonly isMet: boolean;
}

interface Track {
  readonly contestant: Contestant;
  readonly samples: (Sample & { readonly networkBytes: number | undefined })[];
}

/** Undefined when `reg` can't do it yet. */
export async function runCase(
  one: Case,
  rig: Rig,
  { runs = one.runs, onRun }: { readonly runs?: number | undefined; readonly onRun: (note: string) => void },
): Promise<Result | undefined> {
  const tracks = (await one.contestants(rig)).map((contestant): Track => ({ contestant, samples: [] }));
  if (tracks.length === 0) return undefined;
  if (one.warmUp !== false) for (const { contestant } of tracks) await runOnce(contestant);
  for (let run = 0; run < runs; run++) {
    for (const { contestant, samples } of tracks) {
      onRun(`${run + 1}/${runs} ${contestant.name}`);
      samples.push(await runOnce(contestant));
    }
  }
  return judge(one, { runs, tracks });
}

async function runOnce({ before, command, relay }: Contestant): Promise<Track['samples'][number]> {
  await before?.();
  const bytes = (): number | undefined => relay && relay.bytes.up + relay.bytes.down;
  const bytesBefore = bytes() ?? 0;
  const sample = await measure(command());
  const bytesAfter = bytes();
  return { ...sample, networkBytes: bytesAfter && bytesAfter - bytesBefore };
}

function judge(
  { name, goal }: Case,
  { runs, tracks }: { readonly runs: number; readonly tracks: readonly Track[] },
): Result {
  const figures = tracks.map(figuresOf);
  const [ours, ...others] = tracks;
  const walls = (track: Track | undefined): readonly number[] =>
    track?.samples.map(({ wallMs }) => wallMs) ?? [];
  const ratios = others.map((other) => ({
    to: other.contestant.name,
    ratio: pairedRatio(walls(ours), walls(other)),
  }));
  const result = { name, runs, figures, ratios };
  const rival = goal && rivalOf(goal, figures.slice(1));
  if (goal === undefined || rival === undefined) return result;
  const find = (wanted: string): Track | undefined =>
    tracks.find(({ contestant }) => contestant.name === wanted);
  const less = goal.lessNode === true ? walls(find('node')) : [];
  const ratio = pairedRatio(walls(ours), walls(find(rival)), { less });
  return { ...result, verdict: { goal, to: rival, ratio, isMet: ratio.median <= goal.atMost } };
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
