/** `reg inspect` */

import { inspect } from '../../operations/look/inspect.js';
import { readManifestBytes } from '../../operations/look/documents.js';
import type { Context } from '../context.js';
import type { PlatformFlags } from '../flags/flags.js';
import { describeInspection } from '../views/inspection.js';
import { lookOptions } from '../open/look-options.js';
import { createPage } from '../output/page.js';
import { printDocument } from '../output/print-document.js';

interface InspectFlags extends PlatformFlags {
  readonly local?: true;
  readonly raw?: true;
}

export async function run(context: Context<InspectFlags>): Promise<void> {
  const { args, flags, output } = context;
  const [name = ''] = args;
  const image = flags.local ? `store:${name}` : name;
  const options = await lookOptions([image], context);
  if (flags.raw)
    return printDocument(await readManifestBytes(image, { ...options, platform: undefined }), context);
  const inspection = await inspect(image, options);
  output.result(inspection, { human: () => createPage(context).print(describeInspection(inspection)) });
}
