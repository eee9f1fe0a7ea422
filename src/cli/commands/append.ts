/** `reg append` */

import { appendLayers } from '../../operations/edit/append.js';
import type { Context } from '../context.js';
import { creationTime } from '../flags/creation-time.js';
import { runChange, type ChangeFlags } from './change.js';

interface AppendFlags extends ChangeFlags {
  readonly compress?: false;
  readonly to?: string;
}

export async function run(context: Context<AppendFlags>): Promise<void> {
  const { args, flags, io } = context;
  const [image = '', ...paths] = args;
  const created = io.env['SOURCE_DATE_EPOCH'] ? creationTime(io.env) : undefined;
  const more = { created, isCompressed: flags.compress !== false, to: flags.to };
  await runChange(context, (options) => appendLayers(image, paths, { ...options, ...more }));
}
