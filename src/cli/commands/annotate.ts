/** `reg annotate` */

import { RegError } from '../../errors.js';
import { annotateImages } from '../../operations/edit/edit-image.js';
import type { Context } from '../context.js';
import { parsePairs, runChange, type ChangeFlags } from './change.js';

interface AnnotateFlags extends ChangeFlags {
  readonly allPlatforms?: true;
  readonly remove?: readonly string[];
}

export async function run(context: Context<AnnotateFlags>): Promise<void> {
  const { args, flags } = context;
  const [image = '', ...pairs] = args;
  const { allPlatforms, remove } = flags;
  const edits = { set: parsePairs(pairs, 'annotation'), remove };
  if (pairs.length === 0 && remove === undefined)
    throw new RegError('INVALID_ARGUMENT', 'there is nothing to change', {
      hint: 'Run "reg annotate --help".',
    });
  await runChange(context, (options) => annotateImages(image, edits, { ...options, allPlatforms }));
}
