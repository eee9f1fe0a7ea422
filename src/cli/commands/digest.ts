/** `reg digest` */

import { createLimit } from '../../content/limit.js';
import { readDigest } from '../../operations/digest.js';
import { platformFor } from '../connection.js';
import type { Context } from '../context.js';
import type { PlatformFlags } from '../flags.js';

interface DigestFlags extends PlatformFlags {
  readonly local?: true;
}

/** Images that are asked for at once. */
const CONCURRENCY = 8;

export async function run(context: Context<DigestFlags>): Promise<void> {
  const { args, flags, io, output, signal } = context;
  const platform = flags.platform === undefined ? undefined : platformFor(flags, io);
  const place = flags.local ? await context.store() : await context.client();
  const limit = createLimit(CONCURRENCY);
  const asked = args.map((image) => limit(() => readDigest(image, { place, platform, signal })));
  // What fails behind the first failure is told by nobody.
  void Promise.allSettled(asked);
  for (const result of asked) {
    const { familiar, digest, ...rest } = await result;
    const human = args.length === 1 ? digest : `${digest}  ${familiar}`;
    output.result({ ...rest, familiar, digest }, { human, quiet: digest });
  }
}
