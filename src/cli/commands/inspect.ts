/** `reg inspect` */

import { inspect, inspectRaw } from '../../operations/inspect.js';
import { platformFor } from '../connection.js';
import type { Context } from '../context.js';
import type { PlatformFlags } from '../flags.js';
import { describeInspection } from '../inspection-view.js';

interface InspectFlags extends PlatformFlags {
  readonly local?: true;
  readonly raw?: true;
}

export async function run(context: Context<InspectFlags>): Promise<void> {
  const { args, flags, io, output, signal } = context;
  const [image = ''] = args;
  const platform = flags.platform === undefined ? undefined : platformFor(flags, io);
  const place = flags.local ? await context.store() : await context.client();
  const options = { place, platform, hostPlatform: platformFor({}, io), signal };
  if (flags.raw) return output.raw(await inspectRaw(image, options));
  const inspection = await inspect(image, options);
  output.result(inspection, { human: () => describeInspection(inspection) });
}
