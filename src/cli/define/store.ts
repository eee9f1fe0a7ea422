/** The commands that look after the local store. */

import { Option, type Command } from 'commander';

import { parseAge } from '../flags/duration.js';
import { addNetworkFlags, addResultFlags, addStoreFlag, addTagRuleFlags } from '../flags/flags.js';
import { addExamples, type Act } from './act.js';

export const define = {
  images: defineImages,
  tag: defineTag,
  rmi: defineRmi,
  verify: defineVerify,
  prune: definePrune,
};

function defineImages(command: Command, act: Act): void {
  command.description('List the images in the local store.');
  addStoreFlag(command);
  addResultFlags(command, 'print only the full names');
  addExamples(command, ['reg images', 'reg images --json | jq -r .reference']);
  command.action(act(() => import('../commands/images.js')));
}

function defineTag(command: Command, act: Act): void {
  command
    .description(
      'Give an image in the local store more names; or with --remote at its registry, where nothing is moved: another ' +
        'repository of the same registry gets the layers by mounting.',
    )
    .argument('<source>', 'image in the local store, unless --remote')
    .argument('<target...>', 'its new names; with --remote a tag will do')
    .option('--remote', 'do it at the registry');
  addTagRuleFlags(command);
  addStoreFlag(command);
  addNetworkFlags(command);
  addExamples(command, [
    'reg tag nginx localhost:5000/web:1.0',
    'reg tag --remote --no-clobber localhost:5000/web:1.0 1 latest',
  ]);
  command.action(act(() => import('../commands/tag.js')));
}

function defineRmi(command: Command, act: Act): void {
  command
    .description(
      'Remove names of images from the local store. "reg prune" then frees what no other name reaches.',
    )
    .argument('<image...>', 'images in the local store');
  addStoreFlag(command);
  addResultFlags(command, 'print nothing');
  addExamples(command, ['reg rmi nginx alpine:3', 'reg rmi nginx && reg prune']);
  command.action(act(() => import('../commands/rmi.js')));
}

function defineVerify(command: Command, act: Act): void {
  command
    .description(
      'Read everything in the local store again and check it against its digest. Exit code 8 when something is wrong.',
    )
    .option('--repair', 'remove what is wrong, so that the next pull fetches it');
  addStoreFlag(command);
  addResultFlags(command, 'print nothing when all is well');
  addExamples(command, ['reg verify', 'reg verify --store /srv/images --json']);
  command.action(act(() => import('../commands/verify.js')));
}

function definePrune(command: Command, act: Act): void {
  command
    .description(
      'Remove what no name in the local store reaches, what broken-off pulls left, and what a cache ("reg serve --proxy-of") fetched. Safe beside running pulls and caches.',
    )
    .option('--dry-run', 'only tell what would be removed')
    .addOption(
      new Option(
        '--unused-for <time>',
        'keep what came or was asked for later than so long ago, such as 30d',
      ).argParser((text) => parseAge(text, '--unused-for')),
    );
  addStoreFlag(command);
  addResultFlags(command, 'print nothing');
  addExamples(command, ['reg prune', 'reg prune --dry-run', 'reg prune --unused-for 30d']);
  command.action(act(() => import('../commands/prune.js')));
}
