/** The commands that change what is in a registry, and images anywhere. */

import type { Command } from 'commander';

import { addNetworkFlags, addResultFlags } from '../flags.js';
import { addExamples, type Act } from './act.js';

export const define = {
  delete: defineDelete,
};

function defineDelete(command: Command, act: Act): void {
  command
    .description(
      'Delete tags, or by REF@DIGEST images, at their registry, after asking. Other tags of the same image stay: where a ' +
        'registry deletes by digest only, and there are any, nothing is done without --all-tags. The registry frees layers ' +
        'in its own time. For the local store there is "reg rmi".',
    )
    .argument('<image...>', 'at their registries, such as ghcr.io/owner/app:1.0 or app@sha256:…')
    .option('-y, --yes', 'do not ask')
    .option('-a, --all-tags', 'delete what a tag stands for, with every tag of it')
    .option('--dry-run', 'only tell what would be deleted');
  addResultFlags(command, 'print nothing');
  addNetworkFlags(command);
  addExamples(command, [
    'reg delete localhost:5000/app:1.0',
    'reg delete --yes --all-tags localhost:5000/app:1.0',
    'reg delete --dry-run app.local/app@$(reg digest app.local/app:1)',
  ]);
  command.action(act(() => import('../commands/delete.js')));
}
