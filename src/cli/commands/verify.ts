/** `reg verify` */

import { RegError } from '../../errors.js';
import { verifyLayout } from '../../layout/verify.js';
import { formatBytes } from '../units/bytes.js';
import type { Context } from '../context.js';

interface VerifyFlags {
  readonly repair?: true;
}

export async function run({ flags, output, signal, store }: Context<VerifyFlags>): Promise<void> {
  const { repair } = flags;
  const report = await verifyLayout(await store(), { repair, signal });
  const { checked, bytes, problems } = report;
  const human = [
    ...problems.map(({ subject, problem }) => `${subject}: ${problem}`),
    `Checked ${checked} ${checked === 1 ? 'blob' : 'blobs'}, ${formatBytes(bytes)}: ${verdict(problems.length)}`,
  ];
  output.result(report, { human, quiet: problems.length === 0 ? [] : human });
  if (problems.length === 0) return;
  const hint = repair
    ? 'What was wrong is removed: pull the images again.'
    : 'Run "reg verify --repair", then pull the images again.';
  throw new RegError('STORE_CORRUPT', `the local store has ${verdict(problems.length)}`, { hint });
}

function verdict(problems: number): string {
  if (problems === 0) return 'all is well';
  return problems === 1 ? '1 problem' : `${problems} problems`;
}
