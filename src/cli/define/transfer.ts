/** `reg pull` and `reg push`. */

import { Option, type Command } from 'commander';

import {
  addConnectionsFlag,
  addNetworkFlags,
  addPlatformFlag,
  addProgressFlags,
  addResultFlags,
  addStoreFlag,
  collect,
} from '../flags.js';
import { addExamples, type Act } from './act.js';

export function defineTransfer(program: Command, act: Act): void {
  definePull(program.command('pull'), act);
  definePush(program.command('push'), act);
}

function definePull(command: Command, act: Act): void {
  command
    .summary('pull images from a registry into the local store')
    .description(
      'Pull images from a registry into the local store. What is there already is not fetched again.',
    )
    .argument('<image...>', 'such as nginx, ghcr.io/owner/app:1.0 or app@sha256:…')
    .option('--all-platforms', 'take the whole index, not one platform of it')
    .option('-a, --all-tags', 'pull every tag of the repository');
  addPlatformFlag(command);
  addStoreFlag(command);
  addResultFlags(command);
  addProgressFlags(command);
  addConnectionsFlag(command);
  addNetworkFlags(command);
  addExamples(command, [
    'reg pull nginx',
    'reg pull --platform linux/arm64 alpine:3 busybox',
    'reg pull --json localhost:5000/app:1.0 | jq -r .digest',
  ]);
  command.action(act(() => import('../commands/pull.js')));
}

function definePush(command: Command, act: Act): void {
  command
    .summary('push an image from the local store, a folder or an archive')
    .description(
      'Push an image to the registry in its name: from the local store, or with --from out of an OCI layout folder or ' +
        'an archive. What the registry holds already is not sent again.',
    )
    .argument('<image>', 'name and tag to push to')
    .option(
      '--from <source>',
      'oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:REF], a path, or - for stdin',
    )
    .addOption(new Option('-t, --tag <tag>', 'push under this tag, too (repeatable)').argParser(collect))
    .option('-a, --all-tags', 'push every tag that the store has of the repository');
  addStoreFlag(command);
  addResultFlags(command);
  addProgressFlags(command);
  addNetworkFlags(command);
  addExamples(command, [
    'reg push ghcr.io/owner/app:1.0',
    'reg push --from oci:./build --tag latest ghcr.io/owner/app:1.0',
    'docker save app:1.0 | reg push --from - ghcr.io/owner/app:1.0',
  ]);
  command.action(act(() => import('../commands/push.js')));
}
