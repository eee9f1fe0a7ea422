/** `reg index`. */

import type { Command } from 'commander';

import { addExamples, ANY_PLACE, type Act } from './act.js';
import { addImagesFlag, addList, addOutputFlag, addWriteFlags } from './change.js';

export const define = {
  create: defineCreate,
  add: defineAdd,
  remove: defineRemove,
};

function defineCreate(command: Command, act: Act): void {
  command
    .description(
      'Create one name for the images of several platforms. The platform of each is taken from its config; an index ' +
        'contributes all that it lists, including attestations. Within a registry, layers are mounted.',
    )
    .argument('<target>', 'where to put the index')
    .argument('<image...>', ANY_PLACE);
  addList(command, '--annotation <key=value>', 'annotate the index (repeatable)');
  addWriteFlags(command);
  addExamples(command, [
    'reg index create ghcr.io/me/app:1 ghcr.io/me/app:amd64 ghcr.io/me/app:arm64',
    'reg index create oci:app:1 oci-archive:amd64.tar oci-archive:arm64.tar',
  ]);
  command.action(act(() => import('../commands/index-create.js')));
}

function defineAdd(command: Command, act: Act): void {
  command
    .description(
      'Add images to an index. An image for a platform that the index already has replaces the one there, along with its ' +
        'attestations.',
    )
    .argument('<index>', ANY_PLACE)
    .argument('<image...>', 'any place; an index adds all that it lists');
  addOutputFlag(command);
  addWriteFlags(command);
  addExamples(command, ['reg index add ghcr.io/me/app:1 ghcr.io/me/app:1-riscv64']);
  command.action(act(() => import('../commands/index-add.js')));
}

function defineRemove(command: Command, act: Act): void {
  command
    .description('Remove images from an index, along with their attestations.')
    .argument('<index>', ANY_PLACE)
    .argument('[digest...]', 'digests of images to remove');
  addImagesFlag(command, 'which image to remove (repeatable)');
  addOutputFlag(command);
  addWriteFlags(command);
  addExamples(command, ['reg index remove ghcr.io/me/app:1 -p linux/386 -p linux/arm/v6']);
  command.action(act(() => import('../commands/index-remove.js')));
}
