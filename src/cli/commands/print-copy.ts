/** What is said of an image that was copied. */

import type { CopyResult } from '../../operations/transfer/copy-images.js';
import type { Context } from '../context.js';
import type { Output } from '../output/output.js';
import { describePlan } from '../views/plan.js';

/** The last line, as that of a push; on the standard error where a tar has the standard output. */
export function printCopy(result: CopyResult, context: Context): void {
  const { name, destination, digest, plan } = result;
  const human =
    plan === undefined
      ? `${destination}: digest: ${digest}`
      : describePlan({ digest, plan, to: destination, verb: 'copy' });
  outputBeside(destination, context).result(result, { human, quiet: name ?? destination });
}

/** The standard output, or the standard error where a tar has that. */
export function outputBeside(destination: string, { io, output }: Context): Output {
  return /^(docker-archive:|oci-archive:)?-(:|$)/.test(destination) ? output.to(io.stderr) : output;
}
