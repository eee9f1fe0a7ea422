/** What was measured, as `--json` prints it. */

import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { version } from 'node:process';

import type { MOST_MEMORY } from './case.js';
import type { Result } from './run.js';

export interface Report {
  /** Day, in UTC. */
  readonly date: string;
  readonly machine: string;
  /** What was measured, with versions: `reg 1.0.0`. */
  readonly tools: readonly string[];
  /** What was pulled from and pushed to. */
  readonly servers: string;
  readonly results: readonly Result[];
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
}

/** The most that each program needed in any case of one kind. */
export interface Memory {
  readonly kind: keyof typeof MOST_MEMORY;
  readonly peakBytes: ReadonlyMap<string, number>;
}

export function describeMachine(): string {
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${availableParallelism()} cores (${model}), ${gibibytes} GiB, ${type()} ${release()}, Node ${version}`;
}

export function findMemory(results: readonly Result[]): readonly Memory[] {
  const kinds = [...new Set(results.flatMap(({ memory }) => memory ?? []))];
  return kinds.map((kind) => {
    const peakBytes = new Map<string, number>();
    for (const { figures } of results.filter(({ memory }) => memory === kind)) {
      for (const { name, peakBytes: peak } of figures) {
        // `reg, 8 connections` is `reg`.
        const who = name.replace(/,.*/, '');
        peakBytes.set(who, Math.max(peak?.max ?? 0, peakBytes.get(who) ?? 0));
      }
    }
    return { kind, peakBytes };
  });
}
