/** With what a command looks at images, as flags and environment have it. */

import type { LookOptions } from '../operations/look/look-at.js';
import { platformFor } from './connection.js';
import type { Context } from './context.js';
import { openEnds } from './ends.js';
import type { PlatformFlags } from './flags.js';

/** For the images that `places` name. Throws as `parsePlace`, INVALID_PLATFORM, and as client and store do. */
export async function lookOptions(
  places: readonly string[],
  context: Context<PlatformFlags>,
): Promise<LookOptions> {
  const { flags, io } = context;
  return {
    ...(await openEnds(places, context)),
    platform: flags.platform === undefined ? undefined : platformFor(flags, io),
    hostPlatform: platformFor({}, io),
  };
}
