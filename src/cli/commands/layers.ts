/** `reg layers` */

import { listLayers } from '../../operations/look/layers.js';
import type { Context } from '../context.js';
import type { PlatformFlags } from '../flags/flags.js';
import { describeLayers } from '../views/layers.js';
import { lookOptions } from '../open/look-options.js';
import { createPage } from '../output/page.js';

interface LayersFlags extends PlatformFlags {
  readonly trunc: boolean;
}

export async function run(context: Context<LayersFlags>): Promise<void> {
  const { args, flags, output } = context;
  const [image = ''] = args;
  const { layers } = await listLayers(image, await lookOptions([image], context));
  const page = createPage(context);
  output.list(layers, {
    none: `${image} has no layers`,
    human: () => page.print(describeLayers(layers, { ...page, isWhole: !flags.trunc })),
    quiet: ({ digest }) => digest,
  });
}
