/** The commands that change what is in a registry, and images anywhere. */

import type { Command } from 'commander';

import { addNetworkFlags, addResultFlags } from '../flags/flags.js';
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

function defineEdit(command: Command, act: Act): void {
  command
    .description(
      'Change what an image runs and how: its config. Of an index all images are changed, unless -p. Everything that is not ' +
        'named stays as it is, no layer is moved within a registry, and the tag moves to the new image if it still stands ' +
        'for the old one.',
    )
    .argument('<image>', ANY_PLACE);
  addList(command, '--label <key=value>', 'set a label (repeatable)');
  addList(command, '--remove-label <key>', 'take a label out (repeatable)');
  addList(command, '--env <name=value>', 'set a variable (repeatable)');
  addList(command, '--remove-env <name>', 'take a variable out (repeatable)');
  addList(command, '--cmd <word>', 'command: a JSON list, or each word by itself; "" for none');
  addList(command, '--entrypoint <word>', 'the same; takes the command out unless --cmd is given, too');
  command
    .option('--user <user>', 'user[:group] that it runs as; "" for none')
    .option('--workdir <folder>', 'folder that it runs in; "" for none');
  addList(command, '--expose <port>', 'add a port, such as 80/tcp (repeatable)');
  command
    .option('--stop-signal <signal>', 'signal that ends it; "" for none')
    .option('--created <time>', 'when it was made: 2026-01-31T12:00:00Z, or seconds since 1970');
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
      'Set annotations of what a name stands for: an image, or an index, of which -p and --all-platforms choose images ' +
        "instead. Docker's formats have none.",
    )
    .argument('<image>', ANY_PLACE)
    .argument('[annotation...]', 'KEY=VALUE');
  addList(command, '--remove <key>', 'take an annotation out (repeatable)');
  command.option('--all-platforms', 'annotate every image of an index, not the index');
  addImagesFlag(command, 'image of an index to annotate (repeatable; default: the index)');
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
      'Add a layer to an image, or to each image of an index, for each tar or folder. A tar that is compressed with gzip or ' +
        'zstd is kept byte for byte, all else is compressed with gzip. A folder makes the same layer each time: sorted, owned ' +
        'by root, as old as 1970 or SOURCE_DATE_EPOCH, folders 0755, files 0644, or 0755 if they can be run. /bin, /lib, /tmp ' +
        'and others that are links or special in most images stay as they are. "scratch" stands for no image: then the ' +
        'layers make one.',
    )
    .argument('<image>', `${ANY_PLACE}; or scratch`)
    .argument('<path...>', 'tar or folder')
    .option('--to <folder>', 'where in the image the contents of folders go (default: /)')
    .option('--no-compress', 'leave a tar as it is, and a folder uncompressed');
  addImagesFlag(
    command,
    'image of an index to add to (repeatable; default: all); of scratch, what it is for',
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
      'Put a new base under an image, or under each image of an index: the layers of the old one, which must be its lowest, ' +
        "make room for those of the new one. What it runs, variables included, stays the image's own. Nothing checks whether " +
        'it works on the new base.',
    )
    .argument('<image>', ANY_PLACE)
    .option('--old-base <place>', "what it is made upon (default: by the image's annotations)")
    .option('--new-base <place>', 'what to put in its place (default: what has the name of the old one now)');
  addImagesFlag(command, 'image of an index to put upon it (repeatable; default: all)');
  addOutputFlag(command);
  addWriteFlags(command);
  addExamples(command, [
    'reg rebase ghcr.io/me/app:1',
    'reg rebase app:1 --old-base debian:12.1 --new-base debian:12.2 -o app:1-new',
  ]);
  command.action(act(() => import('../commands/rebase.js')));
}
