/** `reg delete` */

import { deleteImage } from '../../operations/edit/delete-image.js';
import {
  describeDeletion,
  planDeletion,
  type DeletedImage,
  type Deletion,
} from '../../operations/edit/plan-deletion.js';
import { shortDigest } from '../../spec/digest.js';
import type { Context } from '../context.js';
import { confirm } from '../input/prompt.js';

interface DeleteFlags {
  readonly allTags?: true;
  readonly dryRun?: true;
  readonly yes?: true;
}

/** Everything is looked up before anything is deleted. */
export async function run(context: Context<DeleteFlags>): Promise<void> {
  const { args, flags, io, signal } = context;
  const options = { client: await context.client(), allTags: flags.allTags, signal };
  const plan: Deletion[] = [];
  for (const image of args) plan.push(await planDeletion(image, options));
  if (flags.dryRun) return plan.map(describeDeletion).forEach((image) => print(image, context));
  const question = `Delete ${plan.map(describeDeletion).map(inWords).join(', ')}?`;
  if (flags.yes !== true) await confirm(question, { io, signal, flag: '--yes' });
  for (const deletion of plan) print(await deleteImage(deletion, options), context);
}

/** `app:1 (sha256:…)`, with what would go, too. */
function inWords({ familiar, digest, otherTags }: DeletedImage): string {
  const others = otherTags.length === 0 ? '' : ` with the tags ${otherTags.join(', ')}`;
  return `${familiar} (${shortDigest(digest)})${others}`;
}

/** As docker speaks of what it removes. */
function print(image: DeletedImage, { flags, output }: Context<DeleteFlags>): void {
  const { familiar, digest, deleted, otherTags } = image;
  const repository = familiar.replace(/(@sha\d+)?:[^:/]*$/, '');
  const [untagged, gone] = flags.dryRun ? ['Would untag', 'Would delete'] : ['Untagged', 'Deleted'];
  const tags = [
    ...(familiar.includes('@') ? [] : [familiar]),
    ...otherTags.map((tag) => `${repository}:${tag}`),
  ];
  const human = tags.map((tag) => `${untagged}: ${tag}`);
  if (deleted === 'manifest') human.push(`${gone}: ${repository}@${digest}`);
  output.result({ ...image, ...(flags.dryRun && { dryRun: true }) }, { human });
}
