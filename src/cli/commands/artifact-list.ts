/** `reg artifact list` */

import { listArtifacts } from '../../operations/artifact/list.js';
import { CREATED } from '../../spec/annotation.js';
import { hexOf } from '../../spec/digest.js';
import { formatBytes } from '../units/bytes.js';
import type { Context } from '../context.js';
import { dayOf } from '../units/day.js';
import type { PlatformFlags } from '../flags/flags.js';
import { lookOptions } from '../open/look-options.js';
import { describeNoReferrers } from '../views/referrers.js';

interface ListFlags extends PlatformFlags {
  readonly artifactType?: string;
}

export async function run(context: Context<ListFlags>): Promise<void> {
  const { args, flags, output } = context;
  const [image = ''] = args;
  const options = { ...(await lookOptions([image], context)), artifactType: flags.artifactType };
  const found = await listArtifacts(image, options);
  output.list(found, {
    head: ['DIGEST', 'CREATED', 'SIZE', 'TYPE', 'ANNOTATIONS'],
    row: ({ digest, artifactType = '', size, annotations = {} }) => {
      const { [CREATED]: created = '', ...others } = annotations;
      const pairs = Object.entries(others).map(([key, value]) => `${key}=${value}`);
      const short = hexOf(digest).slice(0, 12);
      return [short, dayOf(created), formatBytes(size), artifactType, pairs.join(', ')];
    },
    quiet: ({ reference }) => reference,
    none: describeNoReferrers(image, flags.artifactType),
  });
}
