/** `reg limits` */

import { DEFAULT_SERVER } from '../../operations/server-name.js';
import { readLimits, type Limits } from '../../operations/listing/limits.js';
import { describeRateLimit, noneLeft } from '../../operations/listing/rate-limit.js';
import { parseTarget } from '../../operations/target.js';
import type { Context } from '../context.js';

export async function run(context: Context): Promise<void> {
  const { args, output, signal } = context;
  const [target = DEFAULT_SERVER] = args;
  const connection = await context.client([parseTarget(target).host]);
  const limits = await readLimits(target, { connection, signal });
  const { registry, login = null, rateLimit } = limits;
  const { limit = null, remaining = null, windowSeconds = null, countedBy = null } = rateLimit ?? {};
  output.result(
    { registry, login, limit, remaining, windowSeconds, countedBy },
    { human: describe(limits), quiet: rateLimit === undefined ? [] : String(remaining) },
  );
  if (rateLimit?.remaining === 0) throw noneLeft(rateLimit);
}

function describe({ registry, login, rateLimit }: Limits): string {
  const who = `${registry}, ${login === undefined ? 'not logged in' : `as ${login}`}`;
  if (rateLimit === undefined) return `${who}: the registry says nothing of a limit`;
  const by = rateLimit.countedBy === undefined ? '' : `, counted by ${rateLimit.countedBy}`;
  return `${who}: ${describeRateLimit(rateLimit)}${by}`;
}
