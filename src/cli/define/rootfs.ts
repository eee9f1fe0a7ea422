/** The commands that turn an image into its file system. */

import type { Command } from 'commander';

import {
  addMaxSizeFlag,
  addPlatformFlag,
  addProgressFlag,
  addResultFlags,
  addStoreFlag,
} from '../flags/flags.js';
import { addConnectionsFlag, addNetworkFlags } from '../flags/network-flags.js';
import { addExamples, ANY_PLACE, type Act } from './act.js';

export const define = {
  unpack: defineUnpack,
  export: defineExport,
};

function defineUnpack(command: Command, act: Act): void {
  command
    .description(
      'Unpack the file system of an image into a new directory, which appears once all of it is complete and verified. Root ' +
        'gets owners and devices; otherwise all files are yours, and what could not be kept is reported.',
    )
    .argument('<image>', ANY_PLACE)
    .argument('<dir>', 'new or empty directory')
    .option('-f, --force', 'replace the directory and everything in it');
  addLayerFlags(command, 'print only the directory');
  addExamples(command, [
    'reg unpack alpine:3 rootfs',
    'reg unpack --platform linux/arm64 ghcr.io/owner/app:1.0 rootfs',
    'docker save app | reg unpack - rootfs',
  ]);
  command.action(act(() => import('../commands/unpack.js')));
}

function defineExport(command: Command, act: Act): void {
  command
    .description(
      'Write the file system of an image as one tar: all layers merged, with owners, devices and extended attributes. The ' +
        'same image gives the same bytes.',
    )
    .argument('<image>', ANY_PLACE)
    .option('-o, --output <file>', 'file to write (default: standard output)');
  addLayerFlags(command, 'print only the file');
  addExamples(command, [
    'reg export alpine:3 -o rootfs.tar',
    'reg export alpine:3 | tar -tv',
    'reg export app:1.0 | docker import - app:flat',
  ]);
  command.action(act(() => import('../commands/export.js')));
}

function addLayerFlags(command: Command, quiet: string): void {
  addPlatformFlag(command);
  addMaxSizeFlag(command);
  addStoreFlag(command);
  addResultFlags(command, quiet);
  addProgressFlag(command);
  addConnectionsFlag(command);
  addNetworkFlags(command);
}
