/** `reg referrers` */

import { listReferrers } from '../../operations/look/referrers.js';
import type { Context } from '../context.js';
import type { PlatformFlags } from '../flags/flags.js';
import { lookOptions } from '../open/look-options.js';
import { createPage } from '../output/page.js';
import { describeNoReferrers, describeReferrers } from '../views/referrers.js';

interface ReferrersFlags extends PlatformFlags {
  readonly artifactType?: string;
  readonly recursive?: true;
}

export async function run(context: Context<ReferrersFlags>): Promise<void> {
  const { args, flags, output } = context;
  const [image = ''] = args;
  const { artifactType, recursive: isRecursive } = flags;
  const options = { ...(await lookOptions([image], context)), artifactType, isRecursive };
  const list = await listReferrers(image, options);
  const page = createPage(context);
  output.list(list.referrers, {
    human: () => page.print(describeReferrers(list, page)),
    quiet: ({ digest }) => digest,
    none: describeNoReferrers(image, artifactType),
  });
}
