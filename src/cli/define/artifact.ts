/** `reg artifact`: files in registries. */

import { Option, type Command } from 'commander';

import {
  addConnectionsFlag,
  addDryRunFlag,
  addMaxSizeFlag,
  addNetworkFlags,
  addPlatformFlag,
  addProgressFlags,
  addResultFlags,
  addStoreFlag,
  addTagRuleFlags,
  collect,
} from '../flags/flags.js';
import { addExamples, type Act } from './act.js';

export const define = {
  push: definePush,
  pull: definePull,
  attach: defineAttach,
  list: defineList,
};

const FILES = 'FILE[:TYPE], a media type; folders are packed; - is the standard input';

function definePush(command: Command, act: Act): void {
  command
    .description(
      'Push files to a registry as an artifact, in the form that oras has: each file is a layer, and its path the title. ' +
        'The same files make the same digest where SOURCE_DATE_EPOCH says when they were made.',
    )
    .argument('<artifact>', 'such as ghcr.io/owner/notes:1.0; several tags as REPOSITORY:TAG,TAG')
    .argument('[file...]', FILES)
    .option(
      '--artifact-type <type>',
      'what it is, as a media type (default: application/vnd.unknown.artifact.v1)',
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
      'Pull the files of an artifact into a folder, each to its title below it and never outside of it. A pull that was cut ' +
        'goes on where it stopped, and a file that is there already is not fetched again.',
    )
    .argument('<artifact>', 'by tag or digest, or in any other place')
    .option('-o, --output <dir>', 'folder for the files (default: the current one)', '.')
    .addOption(
      new Option(
        '--title <glob>',
        'only files with such titles (repeatable); * matches slashes, too',
      ).argParser(collect),
    )
    .option(
      '--artifact-type <type>',
      'pull it only if it is of that type, else the newest of that type attached to it',
    )
    .option('--config <file>', 'keep the config, too, by this name')
    .option('-k, --keep-old-files', 'fail rather than replace a file that differs');
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
      'Attach files to an image at its registry: an SBOM, a signature, a report. They are found by the image, and have no tag ' +
        'of their own. Where the registry lists no referrers, the list that clients keep under a tag is kept.',
    )
    .argument('<image>', 'what the files are about')
    .argument('[file...]', FILES)
    .requiredOption('--artifact-type <type>', 'what it is, as a media type');
  addPlatformFlag(command, 'image of an index that the files are about (default: the index)');
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
    .description('List what is attached to an image at its registry: signatures, SBOMs, and any files.')
    .argument('<image>', 'at its registry')
    .option('--artifact-type <type>', 'only what is of that type');
  addPlatformFlag(command, 'image of an index that is meant (default: the index)');
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
      'JSON: {"$manifest": {}, "$config": {}, "FILE": {}}, each with annotations',
    )
    .option('--config <file>', 'FILE[:TYPE] for the config (default: an empty one)')
    .option('--title <title>', 'TITLE[:TYPE] for what comes from the standard input')
    .option('--strip-dirs', 'title files by their bare names, wherever they are');
}

/** For commands that move files between a registry and here. */
function addMovingFlags(command: Command, quiet?: string): void {
  addResultFlags(command, quiet);
  addProgressFlags(command);
  addConnectionsFlag(command);
  addNetworkFlags(command);
}
