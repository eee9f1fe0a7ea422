/** `reg digest` */

import { createLimit } from '../../content/limit.js';
import { readDigest } from '../../operations/look/digest.js';
import type { Context } from '../context.js';
import type { PlatformFlags } from '../flags/flags.js';
import { lookOptions } from '../open/look-options.js';

interface DigestFlags extends PlatformFlags {
  readonly local?: true;
}

/** Images that are asked for at once. */
const CONCURRENCY = 8;

export async function run(context: Context<DigestFlags>): Promise<void> {
  const { args, flags, output } = context;
  const images = flags.local ? args.map((name) => `store:${name}`) : args;
  const options = await lookOptions(images, context);
  const limit = createLimit(CONCURRENCY);
  const asked = images.map((image) => limit(() => readDigest(image, options)));
  // What fails behind the first failure is told by nobody.
  void Promise.allSettled(asked);
  for (const result of asked) {
    const { familiar, digest, ...rest } = await result;
    const human = args.length === 1 ? digest : `${digest}  ${familiar}`;
    output.result({ ...rest, familiar, digest }, { human, quiet: digest });
  }
}
