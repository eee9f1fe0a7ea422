/** The options that all commands have that change an image. */

import { Option, type Command } from 'commander';

import {
  addDryRunFlag,
  addNetworkFlags,
  addProgressFlags,
  addResultFlags,
  addStoreFlag,
  addTagRuleFlags,
  collect,
} from '../flags/flags.js';

export function addOutputFlag(command: Command): Command {
  return command.option(
    '-o, --output <place>',
    'put it there (default: its own tag, if that is still the same)',
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
  text = 'image of an index to change (repeatable; default: all)',
): Command {
  return addList(command, '-p, --platform <platform>', text);
}

/** An option that may be given several times. */
export function addList(command: Command, flags: string, text: string): Command {
  return command.addOption(new Option(flags, text).argParser(collect));
}
