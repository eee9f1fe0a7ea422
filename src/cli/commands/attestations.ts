/** `reg attestations` */

import { listAttestations } from '../../operations/look/attestations.js';
import { describeAttestations } from '../views/attestations.js';
import type { Context } from '../context.js';
import type { PlatformFlags } from '../flags/flags.js';
import { lookOptions } from '../open/look-options.js';
import { createPage } from '../output/page.js';
import { jsonLines } from '../output/print-document.js';

interface AttestationsFlags extends PlatformFlags {
  readonly predicate?: string;
}

export async function run(context: Context<AttestationsFlags>): Promise<void> {
  const { args, flags, output } = context;
  const [image = ''] = args;
  const { predicate } = flags;
  const list = await listAttestations(image, { ...(await lookOptions([image], context)), predicate });
  const page = createPage(context);
  const human = (): void => {
    if (predicate === undefined) page.print(describeAttestations(list, page));
    else page.print(list.attestations.flatMap((each) => jsonLines(each.predicate, page)));
  };
  const none = `nothing is attested of ${image}`;
  output.list(list.attestations, { human, quiet: ({ digest }) => digest, none });
}
