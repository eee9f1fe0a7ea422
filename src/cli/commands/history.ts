/** `reg history` */

import { readHistory } from '../../operations/look/history.js';
import type { Context } from '../context.js';
import type { PlatformFlags } from '../flags/flags.js';
import { describeHistory } from '../views/history.js';
import { lookOptions } from '../open/look-options.js';
import { createPage } from '../output/page.js';

interface HistoryFlags extends PlatformFlags {
  readonly trunc: boolean;
}

export async function run(context: Context<HistoryFlags>): Promise<void> {
  const { args, flags, output } = context;
  const [image = ''] = args;
  const { steps } = await readHistory(image, await lookOptions([image], context));
  const page = createPage(context);
  output.list(steps, {
    none: `${image} says nothing of its history`,
    quiet: ({ digest }) => digest ?? [],
    human: () => page.print(describeHistory(steps, { ...page, isWhole: !flags.trunc })),
  });
}
