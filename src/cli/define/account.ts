/** `reg login`, `reg logout` and `reg whoami`. */

import { Option, type Command } from 'commander';

import { addConnectionFlags, addResultFlags } from '../flags/flags.js';
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
      "Log in to a registry. The registry is asked first; then the login is kept: with the credential helper that docker's " +
        "config.json names, else in the keychain of the system, else, where there is none, in docker's config.json. Where " +
        'the registry offers a token in place of the password, that is kept. Without a user name, a login that is good ' +
        'stays as it is.',
    )
    .argument('[server]', SERVER)
    .option('-u, --username <name>', 'user name')
    .addOption(
      new Option('-p, --password <password>', 'password; others can see it in the process list').conflicts([
        'passwordStdin',
        'identityTokenStdin',
      ]),
    )
    .addOption(
      new Option('--password-stdin', 'read the password from standard input').conflicts('identityTokenStdin'),
    )
    .option('--identity-token-stdin', 'read an identity token, in place of a password, from standard input')
    .option('--store <where>', 'keep it with: keychain, file, or helper:NAME (docker-credential-NAME)');
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
      "Forget the login of a registry, wherever it is kept: docker's config.json and containers' auth.json, the credential " +
        'helpers that they name, and the keychain of the system.',
    )
    .argument('[server]', SERVER)
    .option('--all', 'forget the logins of all registries, those of docker and podman too');
  addExamples(command, ['reg logout', 'reg logout ghcr.io', 'reg logout --all']);
  command.action(act(() => import('../commands/logout.js')));
}

function defineWhoami(command: Command, act: Act): void {
  command
    .description(
      'Show who is logged in to a registry, and where the login is kept. The registry is not asked. Exit code 4 when nobody is.',
    )
    .argument('[server]', SERVER);
  addResultFlags(command, 'print only the user name');
  addExamples(command, ['reg whoami', 'reg whoami ghcr.io', 'reg whoami --json ghcr.io | jq -r .username']);
  command.action(act(() => import('../commands/whoami.js')));
}
