/** The commands that look after the local store. */

import { Option, type Command } from 'commander';

import { parseAge } from '../units/duration.js';
import { addResultFlags, addStoreFlag, addTagRuleFlags } from '../flags/flags.js';
import { addNetworkFlags } from '../flags/network-flags.js';
import { addExamples, type Act } from './act.js';

export const define = {
  images: defineImages,
  tag: defineTag,
  rmi: defineRmi,
  verify: defineVerify,
  prune: definePrune,
};

function defineImages(command: Command, act: Act): void {
  command
    .description('List the images in the local store.')
    .argument('[image]', 'an image, or a repository without a tag: list only that');
  addStoreFlag(command);
  addResultFlags(command, 'print only the full names');
  addExamples(command, [
    'reg images',
    'reg images ghcr.io/owner/app',
    'reg images --json | jq -r .reference',
  ]);
  command.action(act(() => import('../commands/images.js')));
}

function defineTag(command: Command, act: Act): void {
  command
    .description(
      'Add names to an image in the local store or, with --remote, at its registry. No layer is transferred: another ' +
        'repository of the same registry gets them by mounting.',
    )
    .argument('<source>', 'image in the local store, unless --remote')
    .argument('<target...>', 'new names; with --remote, a bare tag will do')
    .option('--remote', 'add the names at the registry');
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
      'Remove images from the local store by name. "reg prune" then deletes layers that no other image uses.',
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
      'Read everything in the local store and check it against its digest. Exit code 8 if anything is damaged.',
    )
    .option('--repair', 'remove what is damaged, so that the next pull fetches it again');
  addStoreFlag(command);
  addResultFlags(command, 'print nothing if all is well');
  addExamples(command, ['reg verify', 'reg verify --store /srv/images --json']);
  command.action(act(() => import('../commands/verify.js')));
}

function definePrune(command: Command, act: Act): void {
  command
    .description(
      'Delete what no image in the local store needs, what interrupted pulls left behind, and what a cache ("reg serve ' +
        '--proxy-of") fetched. Safe to run next to pulls and caches.',
    )
    .option('--dry-run', 'only show what would be removed')
    .addOption(
      new Option(
        '--unused-for <time>',
        'keep what was added or used within this time, such as 30d',
      ).argParser((text) => parseAge(text, '--unused-for')),
    );
  addStoreFlag(command);
  addResultFlags(command, 'print nothing');
  addExamples(command, ['reg prune', 'reg prune --dry-run', 'reg prune --unused-for 30d']);
  command.action(act(() => import('../commands/prune.js')));
}
