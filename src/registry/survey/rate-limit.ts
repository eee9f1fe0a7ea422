/** How many pulls are left, as registries say it in headers. */

import { cleanText } from '../../spec/text.js';
import type { Answer } from '../transport.js';

export interface RateLimit {
  /** Pulls in a window. */
  readonly limit: number;
  readonly remaining: number;
  readonly windowSeconds: number | undefined;
  /** By what the registry counts, an address or an account; only Docker Hub says so. */
  readonly countedBy: string | undefined;
}

/** Docker Hub's names (Docker docs, "Usage and limits"), which GitLab has too, and those that are older. */
const NAMES = ['ratelimit', 'x-ratelimit'];

/** Undefined where nothing is said of a limit. */
export function readRateLimit(answer: Answer): RateLimit | undefined {
  const countedBy = answer.header('docker-ratelimit-source');
  const common = { countedBy: countedBy === undefined ? undefined : cleanText(countedBy, 100) };
  for (const name of NAMES) {
    const limit = parseCount(answer.header(`${name}-limit`));
    const remaining = parseCount(answer.header(`${name}-remaining`));
    if (limit !== undefined && remaining !== undefined)
      return {
        limit: limit.count,
        remaining: remaining.count,
        windowSeconds: limit.windowSeconds,
        ...common,
      };
  }
  return undefined;
}

/** `100;w=21600`: a count, and the window in seconds. */
function parseCount(
  header: string | undefined,
): { readonly count: number; readonly windowSeconds: number | undefined } | undefined {
  const [, count, window] = /^\s*(\d{1,9})(?:\s*;\s*w=(\d{1,9}))?/.exec(header ?? '') ?? [];
  if (count === undefined) return undefined;
  return { count: Number(count), windowSeconds: window === undefined ? undefined : Number(window) };
}
