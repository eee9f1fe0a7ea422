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
    .description('Show what an image is made of: platforms, layers, sizes and config. No layer is fetched.')
    .argument('<image>', ANY_PLACE)
    .option('--local', 'look in the local store, as store:NAME does')
    .addOption(new Option('--raw', 'print the manifest, like "reg manifest"').conflicts(['json', 'format']));
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
      'Show the digest that a tag points to, at the cost of one small request. For a multi-platform image that is the ' +
        'digest of the index, unless --platform chooses one of its images.',
    )
    .argument('<image...>', ANY_PLACE)
    .option('--local', 'look in the local store, as store:NAME does');
  addPlatformFlag(command, 'which image of an index, as os/arch[/variant] (default: the index)');
  addResultFlags(command, 'print only digests, without names');
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
      'Print the manifest or index of an image, byte for byte, so that its sha256sum is the digest; on a terminal, as ' +
        'indented JSON.',
    )
    .argument('<image>', ANY_PLACE);
  addJsonFlag(command);
  addPlatformFlag(command, 'which image of an index, as os/arch[/variant] (default: the index)');
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
      'Print the config of an image, byte for byte: what it runs, and how it was made; on a terminal, as indented JSON.',
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
      'Show the steps that made an image, newest first, with the size that each added. Only manifest and config are fetched.',
    )
    .argument('<image>', ANY_PLACE)
    .option('--no-trunc', 'show full commands, times and digests');
  addResultFlags(command, 'print only the digests of the layers');
  addPlatformFlag(command);
  addPlaceFlags(command);
  addExamples(command, ['reg history nginx', 'reg history --no-trunc ghcr.io/owner/app:1.0']);
  command.action(act(() => import('../commands/history.js')));
}

function defineLayers(command: Command, act: Act): void {
  command
    .description('List the layers of an image, lowest first, with their compressed sizes.')
    .argument('<image>', ANY_PLACE)
    .option('--no-trunc', 'show full digests');
  addPlatformFlag(command);
  addResultFlags(command, 'print only the digests');
  addPlaceFlags(command);
  addExamples(command, ['reg layers nginx', 'reg layers -q --platform linux/arm64 oci:./build']);
  command.action(act(() => import('../commands/layers.js')));
}

function defineSize(command: Command, act: Act): void {
  command
    .description(
      'Show the compressed size of images, over all their platforms. What several platforms or images share is counted ' +
        'once.',
    )
    .argument('<image...>', ANY_PLACE);
  addResultFlags(command, 'print only the number of bytes');
  addPlatformFlag(command, 'which image of an index, as os/arch[/variant] (default: all)');
  addPlaceFlags(command);
  addExamples(command, ['reg size nginx', 'reg size app:1.0 app:1.1', 'reg size -q -p linux/amd64 nginx']);
  command.action(act(() => import('../commands/size.js')));
}

function defineTree(command: Command, act: Act): void {
  command
    .description(
      'Show everything that belongs to an image: its platforms and layers, its referrers, BuildKit attestations, and the ' +
        'signatures, attestations and SBOMs of cosign, each named for what it is. No layer is fetched.',
    )
    .argument('<image>', ANY_PLACE)
    .option('--no-referrers', 'show only the image itself');
  addResultFlags(command, 'print only the digests, each once');
  addPlatformFlag(command, 'which image of an index, as os/arch[/variant] (default: all)');
  addPlaceFlags(command);
  addExamples(command, ['reg tree nginx', 'reg tree --platform linux/amd64 --no-referrers oci:./build']);
  command.action(act(() => import('../commands/tree.js')));
}

function defineReferrers(command: Command, act: Act): void {
  command
    .description(
      'List what refers to an image at its registry: signatures, SBOMs, attestations. To see those that cosign keeps under ' +
        'tags or an index holds itself, use "reg tree".',
    )
    .argument('<image>', 'at its registry')
    .option('--artifact-type <type>', 'only those of this type')
    .option('--recursive', 'also list what refers to those');
  addPlatformFlag(command, 'which image of an index, as os/arch[/variant] (default: the index)');
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
      'List the attestations of an image: how it was built, and what is in it. Finds those of BuildKit, referrers, and ' +
        'what cosign keeps under tags. Signatures are not verified.',
    )
    .argument('<image>', ANY_PLACE)
    .option(
      '--predicate <type>',
      'print the predicates of this type as JSON; part of a type or its name will do, such as slsa or spdx',
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
      'Show the differences between two images: platforms, config and layers. From an index, the image for one platform is ' +
        'compared. Without --files, only manifests and configs are fetched.',
    )
    .argument('<from>', ANY_PLACE)
    .argument('<to>', 'any place')
    .option('--exit-code', 'exit with code 9 if they differ, as -q does')
    .option('--files', 'also compare their files; fetches layers that have no table of contents');
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
