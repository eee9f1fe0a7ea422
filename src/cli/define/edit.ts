/** The commands that change what is in a registry, and images anywhere. */

import type { Command } from 'commander';

import { addResultFlags } from '../flags/flags.js';
import { addNetworkFlags } from '../flags/network-flags.js';
import { addExamples, ANY_PLACE, type Act } from './act.js';
import { addImagesFlag, addList, addOutputFlag, addWriteFlags } from './change.js';

export const define = {
  delete: defineDelete,
  edit: defineEdit,
  annotate: defineAnnotate,
  append: defineAppend,
  rebase: defineRebase,
};

function defineDelete(command: Command, act: Act): void {
  command
    .description(
      'Delete tags or, as REF@DIGEST, images at their registry, after asking. Other tags of the same image are kept: if ' +
        'there are some and the registry can only delete by digest, nothing is done without --all-tags. When layers are ' +
        'freed is up to the registry. For the local store, use "reg rmi".',
    )
    .argument('<image...>', 'such as ghcr.io/owner/app:1.0 or app@sha256:…')
    .option('-y, --yes', 'do not ask')
    .option('-a, --all-tags', 'delete the image that a tag points to, with all its tags')
    .option('--dry-run', 'only show what would be deleted');
  addResultFlags(command, 'print nothing');
  addNetworkFlags(command);
  addExamples(command, [
    'reg delete localhost:5000/app:1.0',
    'reg delete --yes --all-tags localhost:5000/app:1.0',
    'reg delete --dry-run app.local/app@$(reg digest app.local/app:1)',
  ]);
  command.action(act(() => import('../commands/delete.js')));
}

function defineEdit(command: Command, act: Act): void {
  command
    .description(
      'Change the config of an image: what it runs, and how. In an index all images are changed, unless -p chooses some. ' +
        'Everything else stays as it is, and no layer is transferred within a registry. The tag moves to the new image if ' +
        'it still points to the old one.',
    )
    .argument('<image>', ANY_PLACE);
  addList(command, '--label <key=value>', 'set a label (repeatable)');
  addList(command, '--remove-label <key>', 'remove a label (repeatable)');
  addList(command, '--env <name=value>', 'set an environment variable (repeatable)');
  addList(command, '--remove-env <name>', 'remove an environment variable (repeatable)');
  addList(command, '--cmd <word>', 'command, as a JSON list or word by word (repeatable); "" for none');
  addList(
    command,
    '--entrypoint <word>',
    'entrypoint, likewise; clears the command unless --cmd is given as well',
  );
  command
    .option('--user <user>', 'user[:group] to run as; "" for none')
    .option('--workdir <dir>', 'working directory; "" for none');
  addList(command, '--expose <port>', 'expose a port, such as 80/tcp (repeatable)');
  command
    .option('--stop-signal <signal>', 'signal that stops it; "" for none')
    .option('--created <time>', 'creation time: 2026-01-31T12:00:00Z, or seconds since 1970');
  addImagesFlag(command);
  addOutputFlag(command);
  addWriteFlags(command);
  addExamples(command, [
    'reg edit localhost:5000/app:1.0 --label org.example.team=web --user 1000',
    `reg edit app:1 --cmd '["nginx","-g","daemon off;"]' -o ghcr.io/me/app:1`,
    'reg edit store:app:1 -p linux/arm64 --env DEBUG=1 -o oci:app:debug',
  ]);
  command.action(act(() => import('../commands/edit.js')));
}

function defineAnnotate(command: Command, act: Act): void {
  command
    .description(
      'Set annotations on an image or an index; -p and --all-platforms annotate images in an index instead. Images in ' +
        "Docker's format cannot have annotations.",
    )
    .argument('<image>', ANY_PLACE)
    .argument('[annotation...]', 'KEY=VALUE');
  addList(command, '--remove <key>', 'remove an annotation (repeatable)');
  command.option('--all-platforms', 'annotate every image in an index, not the index');
  addImagesFlag(command, 'which image of an index (repeatable; default: the index)');
  addOutputFlag(command);
  addWriteFlags(command);
  addExamples(command, [
    'reg annotate localhost:5000/app:1.0 org.opencontainers.image.licenses=MIT',
    'reg annotate app:1 --remove org.example.draft -o ghcr.io/me/app:1',
  ]);
  command.action(act(() => import('../commands/annotate.js')));
}

function defineAppend(command: Command, act: Act): void {
  command
    .description(
      'Add each tar or directory as a layer to an image, or to each image in an index. Tars compressed with gzip or zstd are ' +
        'kept byte for byte; everything else is compressed with gzip. The same directory always gives the same layer: sorted, ' +
        'owned by root, dated 1970 or SOURCE_DATE_EPOCH, with modes 0755 for directories and executables and 0644 for other ' +
        'files. /bin, /lib, /tmp and others that are links or special in most images keep their modes. "scratch" makes a ' +
        'new image from the layers alone.',
    )
    .argument('<image>', `${ANY_PLACE}; or scratch`)
    .argument('<path...>', 'tar or directory')
    .option('--to <dir>', 'where to put the contents of directories in the image (default: /)')
    .option('--no-compress', 'do not compress tars and directories');
  addImagesFlag(
    command,
    'which image of an index (repeatable; default: all); with scratch, the platform of the new image',
  );
  addOutputFlag(command);
  addWriteFlags(command);
  addExamples(command, [
    'reg append nginx ./site --to /usr/share/nginx/html -o ghcr.io/me/site:1',
    'reg append localhost:5000/app:1.0 layer.tar.gz',
    'reg append scratch rootfs.tar -p linux/arm64 -o oci:made:1',
  ]);
  command.action(act(() => import('../commands/append.js')));
}

function defineRebase(command: Command, act: Act): void {
  command
    .description(
      'Replace the base of an image, or of each image in an index: the layers of the old base, which must be its lowest, ' +
        'are replaced by those of the new one. Command, environment and the rest of the config are kept. Whether the image ' +
        'works on the new base is not checked.',
    )
    .argument('<image>', ANY_PLACE)
    .option('--old-base <place>', 'current base (default: from the annotations of the image)')
    .option('--new-base <place>', 'new base (default: what the name of the old base points to now)');
  addImagesFlag(command, 'which image of an index (repeatable; default: all)');
  addOutputFlag(command);
  addWriteFlags(command);
  addExamples(command, [
    'reg rebase ghcr.io/me/app:1',
    'reg rebase app:1 --old-base debian:12.1 --new-base debian:12.2 -o app:1-new',
  ]);
  command.action(act(() => import('../commands/rebase.js')));
}
