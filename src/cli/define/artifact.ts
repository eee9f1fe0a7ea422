/** `reg artifact`: files in registries. */

import { Option, type Command } from 'commander';

import {
  addDryRunFlag,
  addMaxSizeFlag,
  addPlatformFlag,
  addProgressFlags,
  addResultFlags,
  addStoreFlag,
  addTagRuleFlags,
} from '../flags/flags.js';
import { addConnectionsFlag, addNetworkFlags } from '../flags/network-flags.js';
import { collect } from '../flags/option-values.js';
import { addExamples, type Act } from './act.js';

export const define = {
  push: definePush,
  pull: definePull,
  attach: defineAttach,
  list: defineList,
};

const FILES = 'FILE[:TYPE], where TYPE is a media type; directories become tars; - is standard input';

function definePush(command: Command, act: Act): void {
  command
    .description(
      'Push files to a registry as an artifact, in the format of oras: each file is a layer, titled with its path. With ' +
        'SOURCE_DATE_EPOCH set, the same files give the same digest.',
    )
    .argument('<artifact>', 'such as ghcr.io/owner/notes:1.0, or REPOSITORY:TAG,TAG for several tags')
    .argument('[file...]', FILES)
    .option(
      '--artifact-type <type>',
      'type of the artifact, a media type (default: application/vnd.unknown.artifact.v1)',
    );
  addFileFlags(command);
  addTagRuleFlags(command);
  addDryRunFlag(command);
  addStoreFlag(command);
  addMovingFlags(command);
  addExamples(command, [
    'reg artifact push ghcr.io/owner/notes:1.0 notes.md:text/markdown',
    'reg artifact push --artifact-type example/site owner/site:1,new public',
    'tar -c src | reg artifact push --title src.tar localhost:5000/src:1 -',
  ]);
  command.action(act(() => import('../commands/artifact-push.js')));
}

function definePull(command: Command, act: Act): void {
  command
    .description(
      'Pull the files of an artifact into a directory, each to the path in its title and never outside the directory. An ' +
        'interrupted pull resumes where it stopped, and files that are already there are not fetched again.',
    )
    .argument('<artifact>', 'its name with tag or digest, or any other place')
    .option('-o, --output <dir>', 'directory for the files (default: the current one)', '.')
    .addOption(
      new Option(
        '--title <glob>',
        'only files whose title matches (repeatable); * also matches slashes',
      ).argParser(collect),
    )
    .option(
      '--artifact-type <type>',
      'if the artifact is of another type, pull the newest of this type attached to it',
    )
    .option('--config <file>', 'also save the config, under this name')
    .option('-k, --keep-old-files', 'fail instead of replacing a file that differs');
  addPlatformFlag(command);
  addMaxSizeFlag(command);
  addStoreFlag(command);
  addMovingFlags(command, 'print only the paths of the files');
  addExamples(command, [
    'reg artifact pull ghcr.io/owner/notes:1.0',
    "reg artifact pull -o out --title '*.json' localhost:5000/reports:latest",
    'reg artifact pull --artifact-type application/spdx+json ghcr.io/owner/app',
  ]);
  command.action(act(() => import('../commands/artifact-pull.js')));
}

function defineAttach(command: Command, act: Act): void {
  command
    .description(
      'Attach files to an image at its registry: an SBOM, a signature, a report. They have no tag of their own and are found ' +
        'through the image. If the registry does not support referrers, the fallback tag of the specification is updated.',
    )
    .argument('<image>', 'image to attach the files to')
    .argument('[file...]', FILES)
    .requiredOption('--artifact-type <type>', 'type of the artifact, a media type');
  addPlatformFlag(command, 'which image of an index (default: the index)');
  addFileFlags(command);
  addDryRunFlag(command);
  addMovingFlags(command);
  addExamples(command, [
    'reg artifact attach --artifact-type application/spdx+json app:1 sbom.json',
    'reg artifact attach --artifact-type example/ok --annotation by=alice app:1',
  ]);
  command.action(act(() => import('../commands/artifact-attach.js')));
}

function defineList(command: Command, act: Act): void {
  command
    .description('List what is attached to an image at its registry: signatures, SBOMs and other files.')
    .argument('<image>', 'at its registry')
    .option('--artifact-type <type>', 'only this type');
  addPlatformFlag(command, 'which image of an index (default: the index)');
  addResultFlags(command, 'print only references, for "reg artifact pull"');
  addNetworkFlags(command);
  addExamples(command, [
    'reg artifact list ghcr.io/owner/app:1.0',
    'reg artifact list -q --artifact-type application/spdx+json owner/app:1.0',
  ]);
  command.action(act(() => import('../commands/artifact-list.js')));
}

/** What goes with the files into the artifact. */
function addFileFlags(command: Command): void {
  command
    .addOption(
      new Option('--annotation <key=value>', 'annotation of the artifact (repeatable)').argParser(collect),
    )
    .option(
      '--annotation-file <file>',
      'JSON file with annotations: {"$manifest": {}, "$config": {}, "FILE": {}}',
    )
    .option('--config <file>', 'FILE[:TYPE] to use as config (default: an empty one)')
    .option('--title <title>', 'TITLE[:TYPE] for standard input')
    .option('--strip-dirs', 'title files with their base names, without directories');
}

/** For commands that move files between a registry and here. */
function addMovingFlags(command: Command, quiet?: string): void {
  addResultFlags(command, quiet);
  addProgressFlags(command);
  addConnectionsFlag(command);
  addNetworkFlags(command);
}
