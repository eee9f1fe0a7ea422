/** `reg login` and `reg logout`. */

import { Option, type Command } from 'commander';

import { addConnectionFlags } from '../flags.js';
import { addExamples, type Act } from './act.js';

const SERVER = 'host of the registry (default: Docker Hub)';

export function defineAccount(program: Command, act: Act): void {
  const login = program
    .command('login')
    .summary('log in to a registry')
    .description(
      "Log in to a registry. The registry is asked first; then the login is kept where docker keeps it: with the credential helper that docker's config.json names, or in that file.",
    )
    .argument('[server]', SERVER)
    .option('-u, --username <name>', 'user name')
    .addOption(
      new Option('-p, --password <password>', 'password; others can see it in the process list').conflicts(
        'passwordStdin',
      ),
    )
    .option('--password-stdin', 'read the password from standard input');
  addConnectionFlags(login);
  addExamples(login, [
    'reg login',
    'reg login -u me ghcr.io',
    'reg login -u me --password-stdin ghcr.io < token.txt',
  ]);
  login.action(act(() => import('../commands/login.js')));

  const logout = program
    .command('logout')
    .summary('forget the login of a registry')
    .description(
      "Forget the login of a registry: take it out of docker's config.json, and from its credential helper.",
    )
    .argument('[server]', SERVER);
  addExamples(logout, ['reg logout', 'reg logout ghcr.io']);
  logout.action(act(() => import('../commands/logout.js')));
}
