/** What places are opened with, as flags and environment have it: only what the places at hand need is opened. */

import { parsePlace } from '../operations/place.js';
import type { TargetEnds } from '../operations/target-place.js';
import { platformFor } from './connection.js';
import type { Context } from './context.js';

/** For `places`, in any order. Throws as `parsePlace`, and as client and store do. */
export async function openEnds(places: readonly string[], context: Context): Promise<TargetEnds> {
  const { io, signal } = context;
  const kinds = new Set((await Promise.all(places.map(parsePlace))).map(({ kind }) => kind));
  return {
    ...(kinds.has('registry') ? { client: await context.client() } : {}),
    ...(kinds.has('store') ? { store: await context.store() } : {}),
    ...(kinds.has('engine') ? { engine: io } : {}),
    ...(kinds.has('archive') ? { stdin: io.stdin, stdout: io.stdout } : {}),
    platform: platformFor({}, io),
    signal,
  };
}
