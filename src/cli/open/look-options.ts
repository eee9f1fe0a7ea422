/** With what a command looks at images, as flags and environment have it. */

import { RegError } from '../../errors.js';
import type { LookOptions } from '../../operations/look/look-at.js';
import { parsePlace } from '../../operations/places/place.js';
import { platformFor } from './connection.js';
import type { Context } from '../context.js';
import { openEnds } from './ends.js';
import type { PlatformFlags } from '../flags/flags.js';

/** For the images that `places` name. Throws as `parsePlace`, INVALID_PLATFORM, and as client and store do. */
export async function lookOptions(
  places: readonly string[],
  context: Context<PlatformFlags>,
): Promise<LookOptions> {
  const { flags, io } = context;
  if (places.length > 1) await requireOneInput(places);
  return {
    ...(await openEnds(places, context)),
    platform: flags.platform === undefined ? undefined : platformFor(flags, io),
    hostPlatform: platformFor({}, io),
  };
}

/** What was read once is gone. */
async function requireOneInput(places: readonly string[]): Promise<void> {
  const parsed = await Promise.all(places.map(parsePlace));
  const inputs = parsed.filter((place) => place.kind === 'archive' && place.path === undefined);
  if (inputs.length > 1)
    throw new RegError('INVALID_ARGUMENT', 'only one of the images can be on the standard input');
}
