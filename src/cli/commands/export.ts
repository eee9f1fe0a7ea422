/** `reg export` */

import { exportRootfs, type ExportResult } from '../../operations/unpack/export.js';
import { askedPlatform } from '../open/connection.js';
import type { Context } from '../context.js';
import { openEnds } from '../open/ends.js';
import type { PlatformFlags } from '../flags/flags.js';
import { outputBeside } from './print-copy.js';
import { allOf, transfer } from './transfer.js';

interface ExportFlags extends PlatformFlags {
  readonly output?: string;
  readonly maxSize?: number;
}

export async function run(context: Context<ExportFlags>): Promise<void> {
  const { args, flags, io, progress } = context;
  const [image = ''] = args;
  const path = flags.output ?? '-';
  const options = {
    ...(await openEnds([image], context)),
    platform: askedPlatform(flags, io),
    maxBytes: flags.maxSize,
    onEvent: progress.onEvent,
  };
  const write = async (): Promise<readonly ExportResult[]> => [
    await exportRootfs(image, path === '-' ? io.stdout : path, options),
  ];
  await transfer(allOf(write()), {
    job: { direction: 'export', name: image },
    print: (result) => {
      const human = `${path}: digest: ${result.digest}`;
      outputBeside(path, context).result({ ...result, path }, { human, quiet: path });
    },
    progress,
    kept: 'nothing',
  });
}
