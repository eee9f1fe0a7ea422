/** `reg size` */

import { measureImages } from '../../operations/look/size.js';
import type { Context } from '../context.js';
import type { PlatformFlags } from '../flags/flags.js';
import { lookOptions } from '../open/look-options.js';
import { createPage } from '../output/page.js';
import { describeSizes } from '../views/size.js';

export async function run(context: Context<PlatformFlags>): Promise<void> {
  const { args, output } = context;
  const report = await measureImages(args, await lookOptions(args, context));
  output.result(report, {
    human: () => createPage(context).print(describeSizes(report)),
    quiet: String(report.size),
  });
}
