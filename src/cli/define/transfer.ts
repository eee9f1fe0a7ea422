/** The commands that move images. */

import { Option, type Command } from 'commander';

import {
  addConnectionsFlag,
  addDryRunFlag,
  addNetworkFlags,
  addPlatformFlag,
  addPlatformsFlag,
  addProgressFlags,
  addResultFlags,
  addStoreFlag,
  addTagRuleFlags,
  collect,
} from '../flags/flags.js';
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
      'Pull images from a registry into the local store. What is there already is not fetched again.',
    )
    .argument('<image...>', 'such as nginx, ghcr.io/owner/app:1.0 or app@sha256:…')
    .option('--all-platforms', 'take the whole index, not one platform of it')
    .option('-a, --all-tags', 'pull every tag of the repository')
    .option(
      '-o, --output <place>',
      'put it there, past the store: oci:DIR, oci-archive:FILE, docker-archive:FILE or -',
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
      'Push an image to the registry in its name: from the local store, or with --from out of an OCI layout folder or ' +
        'an archive. What the registry holds already is not sent again.',
    )
    .argument('<image>', 'name and tag to push to')
    .option(
      '--from <source>',
      'any place: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:REF], - for stdin, ./PATH, another NAME',
    )
    .addOption(new Option('-t, --tag <tag>', 'push under this tag, too (repeatable)').argParser(collect))
    .option('-a, --all-tags', 'push every tag that the store has of the repository');
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
  store:NAME                  in the local store
  docker-daemon:NAME          in a Docker engine, or podman's
  oci:DIR[:TAG]               in an OCI image layout
  oci-archive:FILE[:TAG]      in a tar, for OCI tools and docker load
  docker-archive:FILE[:REF]   the same tar, with one platform
  -                           a tar on the standard input or output
  ./PATH[:TAG], /PATH[:TAG]   a layout or a tar, whichever is there`;

function defineCopy(command: Command, act: Act): void {
  command
    .description(
      'Copy an image from any place to any place, with all its platforms. Digests survive. Within one registry nothing ' +
        'is moved: layers are mounted; between two they go through without touching the disk.',
    )
    .argument('<source>', ANY_PLACE)
    .argument('<destination>', 'the same; the name of the source is kept where it has none of its own')
    .option('-a, --all-tags', 'copy every tag of a repository')
    .option('--referrers', 'copy signatures, SBOMs and what else refers to the image, too');
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
      'Save images of the local store in one archive, which is an OCI layout and which docker load takes. The same images ' +
        'make the same bytes.',
    )
    .argument('<image...>', 'images in the local store')
    .option('-o, --output <file>', 'file to write (default: the standard output)');
  addStoreFlag(command);
  addResultFlags(command, 'no progress');
  addProgressFlags(command);
  addExamples(command, ['reg save nginx alpine:3 -o images.tar', 'reg save nginx | docker load']);
  command.action(act(() => import('../commands/save.js')));
}

function defineLoad(command: Command, act: Act): void {
  command
    .description(
      'Load every image of an archive into the local store, under its own names: what reg save, docker save, podman, ' +
        'skopeo or a builder wrote, compressed with gzip or zstd or not.',
    )
    .option('-i, --input <file>', 'file to read (default: the standard input)');
  addStoreFlag(command);
  addResultFlags(command, 'print only the full names');
  addProgressFlags(command);
  addExamples(command, ['reg load -i images.tar', 'docker save nginx | reg load']);
  command.action(act(() => import('../commands/load.js')));
}

function defineSync(command: Command, act: Act): void {
  command
    .description(
      'Copy to every destination in a file what is missing or differs there, and wait where a registry limits how often ' +
        'it is asked. The exit code is that of the worst failure.',
    )
    .argument('<file>', 'YAML: images, each with source, tags, to, platforms, referrers')
    .option('--keep-going', 'go on after a failure')
    .option('--shard <k/n>', 'only the k-th part of n; n alone where JOB_COMPLETION_INDEX says which');
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
