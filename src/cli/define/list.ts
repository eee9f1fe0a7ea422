/** The commands that list what registries have: `reg tags`, `reg catalog`, `reg search`, and `reg limits`. */

import { InvalidArgumentError, Option, type Command } from 'commander';

import { addListFlags, addResultFlags } from '../flags/flags.js';
import { addConnectionFlags, addNetworkFlags } from '../flags/network-flags.js';
import { parseLimit } from '../flags/option-values.js';
import { addExamples, type Act } from './act.js';

export const define = {
  tags: defineTags,
  catalog: defineCatalog,
  search: defineSearch,
  limits: defineLimits,
};

function defineTags(command: Command, act: Act): void {
  command
    .description(
      "List the tags of a repository, one per line, in the registry's order. --sort created reads the manifest and config " +
        'of every tag, which is slow for many tags; on Docker Hub each counts as a pull.',
    )
    .argument('<repository>', 'such as nginx or ghcr.io/owner/app')
    .addOption(
      new Option('--sort <order>', 'name; semver: highest first; created: newest first').choices([
        'name',
        'semver',
        'created',
      ]),
    );
  addListFlags(command, 'tags');
  addResultFlags(command, 'print only the tags');
  addNetworkFlags(command);
  addExamples(command, [
    'reg tags nginx',
    "reg tags --match '1.2*' --sort semver --limit 5 nginx",
    "reg tags --sort created --format '{{.created}} {{.tag}}' localhost:5000/app",
  ]);
  command.action(act(() => import('../commands/tags.js')));
}

function defineCatalog(command: Command, act: Act): void {
  command
    .description(
      'List the repositories of a registry, one per line. Many registries do not offer this: Docker Hub and ghcr.io to ' +
        'nobody, others only to some logins.',
    )
    .argument('<host>', 'such as localhost:5000');
  addListFlags(command, 'repositories');
  addResultFlags(command, 'print only the names');
  addNetworkFlags(command);
  addExamples(command, ['reg catalog localhost:5000', "reg catalog --match 'team/*' registry.local"]);
  command.action(act(() => import('../commands/catalog.js')));
}

function defineSearch(command: Command, act: Act): void {
  command
    .description('Find public images on Docker Hub, best match first. No login is used.')
    .argument('<term>', 'such as nginx')
    .option('--limit <number>', 'at most this many, up to 100 (default: 25)', parseHits)
    .option('--official', 'only official images')
    .option('--stars <number>', 'only images with at least this many stars', parseLimit);
  addResultFlags(command, 'print only the names');
  addConnectionFlags(command);
  addExamples(command, ['reg search nginx', 'reg search --official --limit 5 --json database']);
  command.action(act(() => import('../commands/search.js')));
}

function parseHits(text: string): number {
  const count = parseLimit(text);
  if (count <= 100) return count;
  throw new InvalidArgumentError('Give a number from 1 to 100.');
}

function defineLimits(command: Command, act: Act): void {
  command
    .description(
      'Show how many pulls a registry still allows, with your login or without one. Asking does not count as a pull. Exit ' +
        'code 5 if none are left.',
    )
    .argument('[target]', 'docker.io, or an image at any registry (default: docker.io)');
  addResultFlags(command, 'print only the number left');
  addNetworkFlags(command);
  addExamples(command, [
    'reg limits',
    'reg limits ghcr.io/owner/app',
    "reg limits --format '{{.remaining}}'",
  ]);
  command.action(act(() => import('../commands/limits.js')));
}
