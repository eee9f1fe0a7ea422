/** `reg login` */

import { RegError } from '../../errors.js';
import { DEFAULT_SERVER, login, parseServer } from '../../operations/login.js';
import { cleanText } from '../../spec/text.js';
import type { Context } from '../context.js';
import { prompt } from '../prompt.js';
import { readSecret } from '../read-secret.js';

interface LoginFlags {
  readonly username?: string;
  readonly password?: string;
  readonly passwordStdin?: true;
}

export async function run(context: Context<LoginFlags>): Promise<void> {
  const { args, output, progress, redactor, signal } = context;
  const server = parseServer(args[0] ?? DEFAULT_SERVER);
  const place = await context.loginPlace();
  const username = await findUsername(context, server);
  const password = await findPassword(context);
  redactor.add(password);
  const clientOptions = await context.clientOptions();
  const { tokenServices, helper } = await login(server, {
    credential: { username, password },
    place,
    clientOptions,
    signal,
  });
  for (const host of tokenServices) {
    const message = `the password for ${server} goes to its token service ${cleanText(host)}, as it asks`;
    progress.notice({ type: 'warning', message });
  }
  const kept = helper === undefined ? `in ${place.dockerConfig}` : `by ${helper}`;
  output.line(`Login Succeeded: ${username} at ${server}, kept ${kept}`);
}

async function findUsername({ flags, io, signal }: Context<LoginFlags>, server: string): Promise<string> {
  if (flags.username !== undefined) return required(flags.username, 'user name');
  if (flags.passwordStdin) throw new RegError('INVALID_ARGUMENT', '--password-stdin needs --username');
  const answer = await prompt(`Username for ${server}: `, { io, signal, flag: '--username' });
  return required(answer.trim(), 'user name');
}

async function findPassword({ flags, io, progress, signal }: Context<LoginFlags>): Promise<string> {
  if (flags.passwordStdin) {
    return required(await readSecret(io.stdin, 'password'), 'password');
  }
  if (flags.password !== undefined) {
    const message =
      '--password shows in the process list and in the history of the shell: use --password-stdin';
    progress.notice({ type: 'warning', message });
    return required(flags.password, 'password');
  }
  return required(
    await prompt('Password: ', { io, signal, flag: '--password-stdin', isSecret: true }),
    'password',
  );
}

function required(value: string, what: string): string {
  if (value !== '') return value;
  throw new RegError('INVALID_ARGUMENT', `cannot log in: the ${what} is empty`);
}
