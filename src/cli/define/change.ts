/** The options of all commands that change an image. */

import { Option, type Command } from 'commander';

import {
  addDryRunFlag,
  addProgressFlags,
  addResultFlags,
  addStoreFlag,
  addTagRuleFlags,
} from '../flags/flags.js';
import { addNetworkFlags } from '../flags/network-flags.js';
import { collect } from '../flags/option-values.js';

export function addOutputFlag(command: Command): Command {
  return command.option(
    '-o, --output <place>',
    'where to write the result (default: the same tag, if it has not moved meanwhile)',
  );
}

export function addWriteFlags(command: Command): Command {
  addTagRuleFlags(command);
  addDryRunFlag(command);
  addStoreFlag(command);
  addResultFlags(command);
  addProgressFlags(command);
  return addNetworkFlags(command);
}

export function addImagesFlag(
  command: Command,
  text = 'which image of an index (repeatable; default: all)',
): Command {
  return addList(command, '-p, --platform <platform>', text);
}

/** An option that may be given several times. */
export function addList(command: Command, flags: string, text: string): Command {
  return command.addOption(new Option(flags, text).argParser(collect));
}
