/** `reg tags` */

import { listTags } from '../../operations/tags.js';
import type { Context } from '../context.js';

export async function run({ args, output, client, signal }: Context): Promise<void> {
  const [repository = ''] = args;
  const tags = listTags(repository, { client: await client(), signal });
  for await (const tag of tags) output.result({ tag }, { human: tag });
}
