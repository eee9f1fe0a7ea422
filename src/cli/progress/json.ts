/**
 * Progress for programs: one JSON object a line on the standard error, the form of which is a promise.
 *
 *     {"type":"begin","operation":"pull","reference":"nginx:latest"}
 *     {"type":"found","digest":"sha256:…","mediaType":"…","size":31415926}
 *     {"type":"progress","digest":"sha256:…","size":31415926,"position":1048576}
 *     {"type":"done","digest":"sha256:…","size":31415926,"outcome":"written"}
 *     {"type":"notice","level":"warning","message":"…"}
 *     {"type":"end","operation":"pull","reference":"nginx:latest","outcome":"done","moved":31415926,"elapsedMs":6212}
 *     {"type":"error","code":"NOT_FOUND","exitCode":3,"message":"…","hint":"…"}
 *
 * Positions and sizes are in bytes; `outcome` of a part is `written`, `exists` or `mounted`. Positions of one part
 * come at most ten times a second, and may fall back when it is begun again.
 */

import type { CopyEvent } from '../../content/events.js';
import { safeJson } from '../format/safe-json.js';
import { Transfer } from './transfer.js';
import type { Progress, Screen } from './types.js';
import type { Job } from './words.js';

/** Shortest time between two positions of one part. */
const INTERVAL_MS = 100;

export function createJsonProgress(screen: Screen, { now }: { readonly now: () => number }): Progress {
  const emit = (event: object): void => void screen.write(`${safeJson(event)}\n`);
  let current:
    | { readonly job: Job; readonly transfer: Transfer; readonly lastAt: Map<string, number> }
    | undefined;

  /** Whether a position is worth a line: the first, the last, and some between. */
  const isDue = ({ descriptor, position }: CopyEvent & { readonly type: 'progress' }): boolean => {
    const last = current?.lastAt.get(descriptor.digest);
    if (last !== undefined && now() - last < INTERVAL_MS && position < descriptor.size) return false;
    current?.lastAt.set(descriptor.digest, now());
    return true;
  };

  return {
    begin(job) {
      current = { job, transfer: new Transfer(now), lastAt: new Map() };
      emit({ type: 'begin', operation: job.direction, reference: job.name });
    },
    onEvent(event) {
      current?.transfer.take(event);
      if (event.type === 'progress' && !isDue(event)) return;
      emit(describe(event));
    },
    notice: ({ type, message }) => emit({ type: 'notice', level: type, message }),
    pause() {},
    end(outcome) {
      if (current === undefined) return;
      const { moved, elapsedMs } = current.transfer.total();
      const { direction, name } = current.job;
      emit({
        type: 'end',
        operation: direction,
        reference: name,
        outcome,
        moved,
        elapsedMs: Math.round(elapsedMs),
      });
      current = undefined;
    },
  };
}

function describe(event: CopyEvent): object {
  const { digest, size, mediaType } = event.descriptor;
  if (event.type === 'found') return { type: 'found', digest, mediaType, size };
  if (event.type === 'progress') return { type: 'progress', digest, size, position: event.position };
  return { type: 'done', digest, size, outcome: event.outcome };
}
