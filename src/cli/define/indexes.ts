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
      'Make one name for the images of several platforms. Each is for the platform in its config; of an index all that it ' +
        'lists is taken, attestations too. Within a registry layers are mounted.',
    )
    .argument('<target>', 'place of the index')
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
      'Add images to an index. One for a platform that the index has takes the place of the image there, whose attestations ' +
        'go with it.',
    )
    .argument('<index>', ANY_PLACE)
    .argument('<image...>', 'the same; of an index all that it lists');
  addOutputFlag(command);
  addWriteFlags(command);
  addExamples(command, ['reg index add ghcr.io/me/app:1 ghcr.io/me/app:1-riscv64']);
  command.action(act(() => import('../commands/index-add.js')));
}

function defineRemove(command: Command, act: Act): void {
  command
    .description('Take images out of an index, with what is attested of them.')
    .argument('<index>', ANY_PLACE)
    .argument('[digest...]', 'of what is to go');
  addImagesFlag(command, 'image to take out (repeatable)');
  addOutputFlag(command);
  addWriteFlags(command);
  addExamples(command, ['reg index remove ghcr.io/me/app:1 -p linux/386 -p linux/arm/v6']);
  command.action(act(() => import('../commands/index-remove.js')));
}
