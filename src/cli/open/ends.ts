/** What places are opened with, as flags and environment have it: only what the places at hand need is opened. */

import { RegError } from '../../errors.js';
import { parsePlace, type Place } from '../../operations/places/place.js';
import type { TargetEnds } from '../../operations/transfer/target-place.js';
import { platformFor } from './connection.js';
import type { Context } from '../context.js';
import type { SharedFlags } from '../flags/flags.js';
import { noticer } from './notices.js';

/** For `places`, the source first. Throws as `parsePlace`, and as client and store do. */
export async function openEnds(places: readonly string[], context: Context): Promise<TargetEnds> {
  const { io, flags, signal } = context;
  const parsed = await Promise.all(places.map(parsePlace));
  requireInput(parsed[0], flags);
  const kinds = new Set(parsed.map(({ kind }) => kind));
  return {
    ...(kinds.has('registry') ? { client: await context.client(hostsOf(parsed)) } : {}),
    ...(kinds.has('store') ? { store: await context.store() } : {}),
    ...(kinds.has('engine') ? { engine: io } : {}),
    ...(kinds.has('archive') ? { stdin: io.stdin, stdout: io.stdout } : {}),
    platform: platformFor({}, io),
    onNotice: noticer(context),
    signal,
  };
}

/** A login for this command alone goes to these, and not to what another argument could be the name of. */
function hostsOf(places: readonly Place[]): readonly string[] {
  return [...new Set(places.flatMap((place) => (place.kind === 'registry' ? place.reference.domain : [])))];
}

function requireInput(source: Place | undefined, { passwordStdin, token }: SharedFlags): void {
  const isTaken = passwordStdin === true || token === '-';
  if (isTaken && source?.kind === 'archive' && source.path === undefined)
    throw new RegError('INVALID_ARGUMENT', 'the standard input cannot be both the image and the password');
}
