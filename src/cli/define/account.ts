/** `reg login`, `reg logout`, `reg whoami` and `reg auth`. */

import { Option, type Command } from 'commander';

import { addConnectionFlags, addResultFlags } from '../flags.js';
import { addExamples, type Act } from './act.js';

const SERVER = 'host of the registry (default: Docker Hub)';

export function defineAccount(program: Command, act: Act): void {
  defineLogin(program.command('login'), act);
  defineLogout(program.command('logout'), act);
  defineWhoami(program.command('whoami'), act);
  defineAuth(program.command('auth'), act);
}

function defineLogin(command: Command, act: Act): void {
  command
    .summary('log in to a registry')
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
    .summary('forget the login of a registry')
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
    .summary('show who is logged in to a registry')
    .description(
      'Show who is logged in to a registry, and where the login is kept. The registry is not asked. Exit code 4 when nobody is.',
    )
    .argument('[server]', SERVER);
  addResultFlags(command, 'print only the user name');
  addExamples(command, ['reg whoami', 'reg whoami ghcr.io', 'reg whoami --json ghcr.io | jq -r .username']);
  command.action(act(() => import('../commands/whoami.js')));
}

function defineAuth(command: Command, act: Act): void {
  command.summary('hand a login to other programs').description('Hand a login to other programs.');
  const get = command
    .command('get')
    .summary('print the login for a registry, secret and all')
    .description(
      'Print the login for a registry, secret and all, as a credential helper prints it. Exit code 4 when there is none.',
    )
    .argument('<server>', 'host of the registry');
  addExamples(get, ['reg auth get ghcr.io | jq -r .Secret']);
  get.action(act(() => import('../commands/auth-get.js')));
}
