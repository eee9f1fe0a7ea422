/** What is said of an image that was copied. */

import type { CopyResult } from '../../operations/copy-images.js';
import type { Context } from '../context.js';
import { printPlan } from '../plan-view.js';
import { createOutput, type Output } from '../output.js';

/** The last line, as that of a push; on the standard error where a tar has the standard output. */
export function printCopy(result: CopyResult, context: Context): void {
  const { flags } = context;
  const output = outputBeside(result.destination, context);
  const { name, destination, digest, plan } = result;
  if (flags.json) output.json(result);
  else if (flags.quiet) output.line(name ?? destination);
  else if (plan !== undefined) printPlan({ digest, plan, to: destination, verb: 'copy' }, output);
  else output.line(`${destination}: digest: ${digest}`);
}

function outputBeside(destination: string, { io, output }: Context): Output {
  return /^(docker-archive:|oci-archive:)?-(:|$)/.test(destination) ? createOutput(io.stderr) : output;
}
