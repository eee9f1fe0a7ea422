/** `reg auth get` */

import type { Command } from 'commander';

import { addExamples, type Act } from './act.js';

export const define = {
  get: defineGet,
};

function defineGet(command: Command, act: Act): void {
  command
    .description(
      'Print the login for a registry, including the secret, in the format of credential helpers. Exit code 4 if there is none.',
    )
    .argument('<server>', 'host of the registry');
  addExamples(command, ['reg auth get ghcr.io | jq -r .Secret']);
  command.action(act(() => import('../commands/auth-get.js')));
}
