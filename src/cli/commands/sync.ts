/** `reg sync` */

import { exitCodeOf, RegError } from '../../errors.js';
import { parseShard } from '../../operations/sync/shard.js';
import { readSyncFile } from '../../operations/sync/sync-file.js';
import { sync, type SyncResult } from '../../operations/sync/sync.js';
import { quoteText } from '../../spec/text.js';
import { formatBytes } from '../units/bytes.js';
import type { Context } from '../context.js';
import { noticer } from '../open/notices.js';
import { transfer } from './transfer.js';

interface SyncFlags {
  readonly dryRun?: true;
  readonly keepGoing?: true;
  readonly shard?: string;
}

export async function run(context: Context<SyncFlags>): Promise<void> {
  const { args, flags, io, output, progress, signal } = context;
  const [file = ''] = args;
  const { concurrency, dryRun, keepGoing } = flags;
  const shard =
    flags.shard === undefined ? undefined : parseShard(flags.shard, io.env['JOB_COMPLETION_INDEX']);
  const entries = await readSyncFile(file);
  const options = {
    client: await context.client(),
    shard,
    dryRun,
    keepGoing,
    concurrency,
    signal,
    onEvent: progress.onEvent,
    onNotice: noticer(context),
  };
  const results: SyncResult[] = [];
  let none: string | undefined;
  try {
    const print = (result: SyncResult): void => void results.push(result);
    await transfer(sync(entries, options), {
      job: { direction: 'copy', name: file },
      print,
      progress,
      kept: 'blobs',
    });
    none = `nothing that ${quoteText(file)} names ${shard === undefined ? 'is there' : 'falls to this shard'}`;
  } finally {
    printResults(results, { output, none });
  }
  const worst = worstOf(results);
  if (worst !== undefined) throw worst;
}

function printResults(
  results: readonly SyncResult[],
  { output, none }: Pick<Context, 'output'> & { readonly none: string | undefined },
): void {
  const told = results.map((result) => ({ ...result, ...describeError(result) }));
  output.list(told, {
    head: ['SOURCE', 'DESTINATION', 'RESULT', 'SIZE'],
    row: rowOf,
    quiet: (result) => (isChanged(result) ? result.destination : []),
    none,
  });
}

type Told = Omit<SyncResult, 'error'>;

function rowOf({ source, destination, outcome, bytes }: Told): readonly string[] {
  const size = bytes === undefined ? '' : formatBytes(bytes.written + bytes.mounted);
  return [source, destination, outcome.replace('-', ' '), size];
}

function isChanged({ outcome }: Told): boolean {
  return outcome === 'copied' || outcome === 'would-copy';
}

function describeError({ error }: SyncResult): object {
  return error === undefined ? {} : { error: { code: error.code, message: error.message } };
}

/** Of several failures the one with the highest exit code stands for all. */
function worstOf(results: readonly SyncResult[]): RegError | undefined {
  const errors = results.flatMap(({ error }) => (error === undefined ? [] : [error]));
  const [worst] = errors.toSorted((one, other) => exitCodeOf(other) - exitCodeOf(one));
  if (worst === undefined || errors.length === 1) return worst;
  const message = `${errors.length} of ${results.length} images failed, one of them because ${worst.message}`;
  return new RegError(worst.code, message, { ...worst.context, cause: worst });
}
