/** The commands that move images. */

import { Option, type Command } from 'commander';

import {
  addDryRunFlag,
  addPlatformFlag,
  addPlatformsFlag,
  addProgressFlags,
  addResultFlags,
  addStoreFlag,
  addTagRuleFlags,
} from '../flags/flags.js';
import { addConnectionsFlag, addNetworkFlags } from '../flags/network-flags.js';
import { collect } from '../flags/option-values.js';
import { addExamples, ANY_PLACE, type Act } from './act.js';

export const define = {
  pull: definePull,
  push: definePush,
  copy: defineCopy,
  save: defineSave,
  load: defineLoad,
  sync: defineSync,
};

function definePull(command: Command, act: Act): void {
  command
    .description(
      'Pull images from a registry into the local store. Layers that are already there are not fetched again.',
    )
    .argument('<image...>', 'such as nginx, ghcr.io/owner/app:1.0 or app@sha256:…')
    .option('--all-platforms', 'pull the whole index, not just one platform')
    .option('-a, --all-tags', 'pull every tag of the repository')
    .option(
      '-o, --output <place>',
      'write to this place instead of the store: oci:DIR, oci-archive:FILE, docker-archive:FILE or -',
    );
  addPlatformFlag(command);
  addDryRunFlag(command);
  addStoreFlag(command);
  addResultFlags(command);
  addProgressFlags(command);
  addConnectionsFlag(command);
  addNetworkFlags(command);
  addExamples(command, [
    'reg pull nginx',
    'reg pull --platform linux/arm64 alpine:3 busybox',
    'reg pull --json localhost:5000/app:1.0 | jq -r .digest',
    'reg pull nginx -o docker-archive:nginx.tar',
  ]);
  command.action(act(() => import('../commands/pull.js')));
}

function definePush(command: Command, act: Act): void {
  command
    .description(
      'Push an image to the registry in its name, from the local store or, with --from, from an OCI layout, an archive or ' +
        'any other place. Layers that the registry already has are not sent again.',
    )
    .argument('<image>', 'name and tag to push to')
    .option(
      '--from <source>',
      'source: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:REF], - for stdin, ./PATH or another NAME',
    )
    .addOption(new Option('-t, --tag <tag>', 'also push under this tag (repeatable)').argParser(collect))
    .option('-a, --all-tags', 'push every tag of the repository in the store');
  addTagRuleFlags(command);
  addDryRunFlag(command);
  addStoreFlag(command);
  addResultFlags(command);
  addProgressFlags(command);
  addNetworkFlags(command);
  addExamples(command, [
    'reg push ghcr.io/owner/app:1.0',
    'reg push --dry-run ghcr.io/owner/app:1.0',
    'reg push --from oci:./build --tag latest ghcr.io/owner/app:1.0',
    'docker save app:1.0 | reg push --from - ghcr.io/owner/app:1.0',
  ]);
  command.action(act(() => import('../commands/push.js')));
}

const PLACES = `
Places:
  NAME                        an image at its registry
  store:NAME                  an image in the local store
  docker-daemon:NAME          an image in a Docker or podman engine
  oci:DIR[:TAG]               an OCI image layout
  oci-archive:FILE[:TAG]      a tar, for OCI tools and docker load
  docker-archive:FILE[:REF]   the same tar, with one platform
  -                           a tar on standard input or output
  ./PATH[:TAG], /PATH[:TAG]   a layout or a tar, whichever is there`;

function defineCopy(command: Command, act: Act): void {
  command
    .description(
      'Copy an image from any place to any place, with all its platforms. Digests stay the same. Within one registry no ' +
        'layer is transferred: they are mounted. Between two registries, layers stream through without touching the disk.',
    )
    .argument('<source>', ANY_PLACE)
    .argument('<destination>', 'any place; a destination without a name keeps that of the source')
    .option('-a, --all-tags', 'copy every tag of a repository')
    .option('--referrers', 'also copy signatures, SBOMs and whatever else refers to the image');
  addPlatformsFlag(command);
  addTagRuleFlags(command);
  addDryRunFlag(command);
  addStoreFlag(command);
  addResultFlags(command);
  addProgressFlags(command);
  addConnectionsFlag(command);
  addNetworkFlags(command);
  command.addHelpText('after', PLACES);
  addExamples(command, [
    'reg copy nginx localhost:5000/nginx',
    'reg copy -p linux/amd64 -p linux/arm64 alpine:3 oci-archive:alpine.tar',
    'reg copy --referrers ghcr.io/owner/app:1.0 registry.local/app:1.0',
    'reg copy nginx docker-daemon:nginx',
    'reg copy nginx - | docker load',
    'reg copy --dry-run --no-clobber app:1.0 ghcr.io/owner/app:1.0',
  ]);
  command.action(act(() => import('../commands/copy.js')));
}

function defineSave(command: Command, act: Act): void {
  command
    .description(
      'Save images from the local store as one archive: an OCI layout in a tar, which docker load accepts as well. The ' +
        'same images give the same bytes.',
    )
    .argument('<image...>', 'images in the local store')
    .option('-o, --output <file>', 'file to write (default: standard output)');
  addStoreFlag(command);
  addResultFlags(command, 'no progress');
  addProgressFlags(command);
  addExamples(command, ['reg save nginx alpine:3 -o images.tar', 'reg save nginx | docker load']);
  command.action(act(() => import('../commands/save.js')));
}

function defineLoad(command: Command, act: Act): void {
  command
    .description(
      'Load every image in an archive into the local store, under its own names. Reads what reg save, docker save, podman, ' +
        'skopeo or a builder wrote, also if compressed with gzip or zstd.',
    )
    .option('-i, --input <file>', 'file to read (default: standard input)');
  addStoreFlag(command);
  addResultFlags(command, 'print only the full names');
  addProgressFlags(command);
  addExamples(command, ['reg load -i images.tar', 'docker save nginx | reg load']);
  command.action(act(() => import('../commands/load.js')));
}

function defineSync(command: Command, act: Act): void {
  command
    .description(
      'Copy to every destination listed in a file what is missing or different there, waiting where a registry limits ' +
        'requests. The exit code is that of the worst failure.',
    )
    .argument('<file>', 'YAML file: images, each with source, tags, to, platforms, referrers')
    .option('--keep-going', 'go on after a failure')
    .option(
      '--shard <k/n>',
      'do only the k-th of n parts; with n alone, $JOB_COMPLETION_INDEX chooses the part',
    );
  addDryRunFlag(command);
  addResultFlags(command, 'print only the destinations that change');
  addProgressFlags(command);
  addConnectionsFlag(command);
  addNetworkFlags(command);
  addExamples(command, [
    'reg sync mirror.yaml',
    'reg sync --dry-run --json mirror.yaml',
    'reg sync --keep-going --shard 2/5 mirror.yaml',
  ]);
  command.action(act(() => import('../commands/sync.js')));
}
