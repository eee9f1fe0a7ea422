/** The commands that look at images where they are. */

import { Option, type Command } from 'commander';

import {
  addJsonFlag,
  addMaxSizeFlag,
  addPlaceFlags,
  addPlatformFlag,
  addProgressFlag,
  addResultFlags,
  addWholeFlag,
} from '../flags/flags.js';
import { addExamples, ANY_PLACE, type Act } from './act.js';

export const define = {
  inspect: defineInspect,
  digest: defineDigest,
  manifest: defineManifest,
  config: defineConfig,
  history: defineHistory,
  layers: defineLayers,
  size: defineSize,
  tree: defineTree,
  referrers: defineReferrers,
  attestations: defineAttestations,
  diff: defineDiff,
};

function defineInspect(command: Command, act: Act): void {
  command
    .description(
      'Show what an image is made of: platforms, layers, sizes and config. Nothing but these is fetched.',
    )
    .argument('<image>', ANY_PLACE)
    .option('--local', 'look in the local store, as store:NAME does')
    .addOption(
      new Option('--raw', 'print the manifest, as "reg manifest" does').conflicts(['json', 'format']),
    );
  addJsonFlag(command);
  addPlatformFlag(command);
  addPlaceFlags(command);
  addExamples(command, [
    'reg inspect nginx',
    'reg inspect --local --platform linux/arm64 alpine:3',
    'reg inspect --raw ghcr.io/owner/app:1.0 | sha256sum',
  ]);
  command.action(act(() => import('../commands/inspect.js')));
}

function defineDigest(command: Command, act: Act): void {
  command
    .description(
      'Show which digest a tag stands for. A registry is asked for that alone. For an index it is that of the index, ' +
        'unless --platform chooses one of its images.',
    )
    .argument('<image...>', ANY_PLACE)
    .option('--local', 'look in the local store, as store:NAME does');
  addPlatformFlag(command, 'image of an index that is meant, os/arch[/variant] (default: the index)');
  addResultFlags(command, 'print digests alone, without names, for several images, too');
  addPlaceFlags(command);
  addExamples(command, [
    'reg digest nginx',
    'reg digest --platform linux/arm64 alpine:3 busybox',
    'reg digest oci:./build',
    'reg pull app@$(reg digest app:1.0)',
  ]);
  command.action(act(() => import('../commands/digest.js')));
}

function defineManifest(command: Command, act: Act): void {
  command
    .description(
      'Print the manifest or index that a name stands for, byte for byte, so that its sha256sum is the digest; on a ' +
        'terminal as indented JSON.',
    )
    .argument('<image>', ANY_PLACE);
  addJsonFlag(command);
  addPlatformFlag(command, 'image of an index that is meant, os/arch[/variant] (default: the index)');
  addPlaceFlags(command);
  addExamples(command, [
    'reg manifest nginx',
    'reg manifest nginx | sha256sum',
    'reg manifest --platform linux/arm64 nginx > manifest.json',
  ]);
  command.action(act(() => import('../commands/manifest.js')));
}

function defineConfig(command: Command, act: Act): void {
  command
    .description(
      'Print the config of one image, byte for byte: what it runs, and how it was made. On a terminal as indented JSON.',
    )
    .argument('<image>', ANY_PLACE);
  addJsonFlag(command);
  addPlatformFlag(command);
  addPlaceFlags(command);
  addExamples(command, ['reg config nginx', "reg config --json nginx | jq -r '.config.Env[]'"]);
  command.action(act(() => import('../commands/config.js')));
}

function defineHistory(command: Command, act: Act): void {
  command
    .description(
      'Show the steps by which an image was made, the newest first, and what each added. Nothing but manifest and config is fetched.',
    )
    .argument('<image>', ANY_PLACE)
    .option('--no-trunc', 'show commands, times and digests as they are');
  addResultFlags(command, 'print only the digests of the layers');
  addPlatformFlag(command);
  addPlaceFlags(command);
  addExamples(command, ['reg history nginx', 'reg history --no-trunc ghcr.io/owner/app:1.0']);
  command.action(act(() => import('../commands/history.js')));
}

function defineLayers(command: Command, act: Act): void {
  command
    .description('List the layers of an image, the lowest first, with their sizes as they are, compressed.')
    .argument('<image>', ANY_PLACE)
    .option('--no-trunc', 'show whole digests');
  addPlatformFlag(command);
  addResultFlags(command, 'print only the digests');
  addPlaceFlags(command);
  addExamples(command, ['reg layers nginx', 'reg layers -q --platform linux/arm64 oci:./build']);
  command.action(act(() => import('../commands/layers.js')));
}

function defineSize(command: Command, act: Act): void {
  command
    .description(
      'Show how large images are as they are kept, compressed, over all their platforms. What several platforms or ' +
        'images share is counted once.',
    )
    .argument('<image...>', ANY_PLACE);
  addResultFlags(command, 'print only the number of bytes');
  addPlatformFlag(command, 'image of an index to measure, os/arch[/variant] (default: all)');
  addPlaceFlags(command);
  addExamples(command, ['reg size nginx', 'reg size app:1.0 app:1.1', 'reg size -q -p linux/amd64 nginx']);
  command.action(act(() => import('../commands/size.js')));
}

function defineTree(command: Command, act: Act): void {
  command
    .description(
      'Show all that an image is made of, platforms and layers, and all that tells of it: referrers, attestations of ' +
        'BuildKit, signatures, attestations and SBOMs of cosign. Each is named for what it is; no layer is fetched.',
    )
    .argument('<image>', ANY_PLACE)
    .option('--no-referrers', 'only what the image itself holds');
  addResultFlags(command, 'print only the digests, each once');
  addPlatformFlag(command, 'image of an index to show, os/arch[/variant] (default: all)');
  addPlaceFlags(command);
  addExamples(command, ['reg tree nginx', 'reg tree --platform linux/amd64 --no-referrers oci:./build']);
  command.action(act(() => import('../commands/tree.js')));
}

function defineReferrers(command: Command, act: Act): void {
  command
    .description(
      'List what refers to an image at its registry: signatures, SBOMs, attestations. What cosign keeps under tags, and ' +
        'what an index holds itself, "reg tree" shows.',
    )
    .argument('<image>', 'at its registry')
    .option('--artifact-type <type>', 'only those of this type')
    .option('--recursive', 'what refers to these, too');
  addPlatformFlag(command, 'image of an index that is meant, os/arch[/variant] (default: the index)');
  addResultFlags(command, 'print only the digests');
  addPlaceFlags(command);
  addExamples(command, [
    'reg referrers ghcr.io/owner/app:1.0',
    'reg referrers -q --artifact-type application/spdx+json ghcr.io/owner/app:1.0',
  ]);
  command.action(act(() => import('../commands/referrers.js')));
}

function defineAttestations(command: Command, act: Act): void {
  command
    .description(
      'List what is attested of an image: how it was built, what is in it. Looked at are the attestations of BuildKit, ' +
        'referrers, and what cosign keeps under tags. Signatures are not checked.',
    )
    .argument('<image>', ANY_PLACE)
    .option(
      '--predicate <type>',
      'print what those of this type state, as JSON: part of a type, or of its name, such as slsa or spdx',
    );
  addResultFlags(command, 'print only the digests');
  addPlatformFlag(command);
  addPlaceFlags(command);
  addExamples(command, [
    'reg attestations ghcr.io/owner/app:1.0',
    "reg attestations --predicate spdx app:1.0 | jq -r '.packages[].name'",
    'reg attestations --predicate https://slsa.dev/provenance/v1 app:1.0',
  ]);
  command.action(act(() => import('../commands/attestations.js')));
}

function defineDiff(command: Command, act: Act): void {
  command
    .description(
      'Show how two images differ: platforms, config and layers. Of indexes the images for one platform are compared. ' +
        'Nothing but manifests and configs is fetched, unless --files.',
    )
    .argument('<from>', ANY_PLACE)
    .argument('<to>', 'the same')
    .option('--exit-code', 'end with exit code 9 where they differ, as -q does')
    .option('--files', 'compare the files in them, too: fetches layers that have no table of contents');
  addWholeFlag(command);
  addMaxSizeFlag(command);
  addProgressFlag(command);
  addResultFlags(command, 'print nothing: exit code 9 says that they differ');
  addPlatformFlag(command);
  addPlaceFlags(command);
  addExamples(command, [
    'reg diff app:1.0 app:1.1',
    'reg diff --files app:1.0 app:1.1',
    'reg diff --platform linux/arm64 ghcr.io/owner/app:1.0 store:app:1.0',
    'reg diff -q app:1.0 registry.local/app:1.0 && echo the same',
  ]);
  command.action(act(() => import('../commands/diff.js')));
}
