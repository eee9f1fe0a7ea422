/** `reg login`, `reg logout` and `reg whoami`. */

import { Option, type Command } from 'commander';

import { addResultFlags } from '../flags/flags.js';
import { addConnectionFlags } from '../flags/network-flags.js';
import { addExamples, type Act } from './act.js';

const SERVER = 'host of the registry (default: Docker Hub)';

export const define = {
  login: defineLogin,
  logout: defineLogout,
  whoami: defineWhoami,
};

function defineLogin(command: Command, act: Act): void {
  command
    .description(
      'Log in to a registry. The login is checked with the registry and then saved: with the credential helper named in ' +
        "docker's config.json, else in the OS keychain, else in docker's config.json. If the registry offers a token instead " +
        'of the password, the token is saved. Without a username, an existing login that still works is kept.',
    )
    .argument('[server]', SERVER)
    .option('-u, --username <name>', 'username')
    .addOption(
      new Option('-p, --password <password>', 'password; visible to others in the process list').conflicts([
        'passwordStdin',
        'identityTokenStdin',
      ]),
    )
    .addOption(
      new Option('--password-stdin', 'read the password from standard input').conflicts('identityTokenStdin'),
    )
    .option('--identity-token-stdin', 'read an identity token instead of a password from standard input')
    .option('--store <where>', 'where to save it: keychain, file or helper:NAME (docker-credential-NAME)');
  addConnectionFlags(command);
  addExamples(command, [
    'reg login',
    'reg login -u me ghcr.io',
    'reg login -u me --password-stdin ghcr.io < token.txt',
    'reg login -u me --store helper:pass ghcr.io',
  ]);
  command.action(act(() => import('../commands/login.js')));
}

function defineLogout(command: Command, act: Act): void {
  command
    .description(
      "Log out of a registry: remove its login from docker's config.json, podman's auth.json, the credential helpers that " +
        'they name, and the OS keychain.',
    )
    .argument('[server]', SERVER)
    .option('--all', 'log out of all registries, including for docker and podman');
  addExamples(command, ['reg logout', 'reg logout ghcr.io', 'reg logout --all']);
  command.action(act(() => import('../commands/logout.js')));
}

function defineWhoami(command: Command, act: Act): void {
  command
    .description(
      'Show who is logged in to a registry, and where that login is saved, without asking the registry. Exit code 4 if nobody is.',
    )
    .argument('[server]', SERVER);
  addResultFlags(command, 'print only the username');
  addExamples(command, ['reg whoami', 'reg whoami ghcr.io', 'reg whoami --json ghcr.io | jq -r .username']);
  command.action(act(() => import('../commands/whoami.js')));
}
