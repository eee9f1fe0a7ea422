/** The commands that look at the files in images. */

import { Option, type Command } from 'commander';

import {
  addMaxSizeFlag,
  addPlaceFlags,
  addPlatformFlag,
  addProgressFlag,
  addResultFlags,
  addWholeFlag,
} from '../flags/flags.js';
import { addConnectionsFlag } from '../flags/network-flags.js';
import { collect } from '../flags/option-values.js';
import { addExamples, ANY_PLACE, type Act } from './act.js';

export const define = { files: defineFiles, cat: defineCat };

function defineFiles(command: Command, act: Act): void {
  command
    .description(
      'List the files in an image as a container would see them: mode, owner and group, size, time in UTC, name. Layers ' +
        'with a table of contents (eStargz, zstd:chunked) are not fetched for that; all others are.',
    )
    .argument('<image>', `${ANY_PLACE}; a path may follow: IMAGE:/PATH`)
    .argument('[path]', 'file or directory to list (default: everything)')
    .option('-r, --recursive', 'also list the directories below PATH')
    .addOption(
      new Option(
        '--match <pattern>',
        'only matching files: *.conf, /etc/*.d, or a regular expression for the path between slashes (repeatable)',
      ).argParser(collect),
    )
    .option('--layer <layer>', 'list this layer alone, by number from 0 or digest: see "reg layers"');
  addResultFlags(command, 'print only the paths');
  addLayerFlags(command);
  addExamples(command, [
    'reg files nginx',
    'reg files alpine:3:/etc',
    'reg files --json -r oci:./build /usr/share | jq -r .path',
    "reg files --match '*.conf' nginx",
    'reg files --layer 2 ghcr.io/owner/app:1.0',
  ]);
  command.action(act(() => import('../commands/files.js')));
}

function defineCat(command: Command, act: Act): void {
  command
    .description(
      'Print files from an image, byte for byte. Layers are read from the top, and only as many as needed; of a layer ' +
        'with a table of contents (eStargz, zstd:chunked), only the part that holds the file. Every byte is verified before it ' +
        'is printed. On a terminal, control characters are escaped.',
    )
    .argument('<image>', `${ANY_PLACE}; the path may follow: IMAGE:/PATH`)
    .argument('[path...]', 'files in the image; symbolic links are followed within it')
    .option('--raw', 'do not escape anything, even on a terminal');
  addLayerFlags(command);
  addExamples(command, [
    'reg cat nginx:1.27 /etc/nginx/nginx.conf',
    'reg cat alpine:3:/etc/os-release',
    'reg cat -p linux/arm64 busybox /bin/busybox > busybox',
  ]);
  command.action(act(() => import('../commands/cat.js')));
}

/** For commands that read layers, or their tables of contents. */
function addLayerFlags(command: Command): void {
  addWholeFlag(command);
  addMaxSizeFlag(command);
  addPlatformFlag(command);
  addProgressFlag(command);
  addConnectionsFlag(command);
  addPlaceFlags(command);
}
