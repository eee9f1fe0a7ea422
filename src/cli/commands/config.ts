/** `reg config` */

import { readConfig } from '../../operations/look/documents.js';
import type { Context } from '../context.js';
import type { PlatformFlags } from '../flags/flags.js';
import { lookOptions } from '../open/look-options.js';
import { printDocument } from '../output/print-document.js';

export async function run(context: Context<PlatformFlags>): Promise<void> {
  const [image = ''] = context.args;
  printDocument(await readConfig(image, await lookOptions([image], context)), context);
}
