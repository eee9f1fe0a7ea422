/** `reg unpack` */

import { unpackImage, type UnpackResult } from '../../operations/unpack/unpack.js';
import { askedPlatform } from '../open/connection.js';
import type { Context } from '../context.js';
import { openEnds } from '../open/ends.js';
import type { PlatformFlags } from '../flags/flags.js';
import { describeLosses } from '../views/losses.js';
import { allOf, transfer } from './transfer.js';

interface UnpackFlags extends PlatformFlags {
  readonly force?: true;
  readonly maxSize?: number;
}

export async function run(context: Context<UnpackFlags>): Promise<void> {
  const { args, flags, io, progress } = context;
  const [image = '', folder = ''] = args;
  const options = {
    ...(await openEnds([image], context)),
    platform: askedPlatform(flags, io),
    force: flags.force,
    maxBytes: flags.maxSize,
    onEvent: progress.onEvent,
  };
  const unpack = async (): Promise<readonly UnpackResult[]> => [await unpackImage(image, folder, options)];
  await transfer(allOf(unpack()), {
    job: { direction: 'unpack', name: `${image} into ${folder}` },
    print: (result) => print(result, context),
    progress,
    kept: 'nothing',
  });
}

function print(result: UnpackResult, { output, progress }: Context): void {
  const { path, digest } = result;
  for (const message of describeLosses(result)) progress.notice({ type: 'warning', message });
  output.result(result, { human: `${path}: digest: ${digest}`, quiet: path });
}
