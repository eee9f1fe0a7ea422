/** `reg artifact list` */

import { listArtifacts } from '../../operations/artifact/list.js';
import { CREATED } from '../../spec/artifact.js';
import { shortDigest } from '../../spec/digest.js';
import { formatBytes } from '../bytes.js';
import type { Context } from '../context.js';
import type { PlatformFlags } from '../flags.js';
import { lookOptions } from '../look-options.js';

interface ListFlags extends PlatformFlags {
  readonly artifactType?: string;
}

export async function run(context: Context<ListFlags>): Promise<void> {
  const { args, flags, output } = context;
  const [image = ''] = args;
  const options = { ...(await lookOptions([image], context)), artifactType: flags.artifactType };
  const found = await listArtifacts(image, options);
  output.list(found, {
    head: ['DIGEST', 'TYPE', 'SIZE', 'CREATED', 'ANNOTATIONS'],
    row: ({ digest, artifactType = '', size, annotations = {} }) => {
      const { [CREATED]: created = '', ...others } = annotations;
      const pairs = Object.entries(others).map(([key, value]) => `${key}=${value}`);
      return [shortDigest(digest), artifactType, formatBytes(size), created, pairs.join(', ')];
    },
    quiet: ({ reference }) => reference,
  });
}
