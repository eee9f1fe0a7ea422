/** `reg login` */

import type { Credential } from '../../credentials/credential.js';
import type { StoreChoice } from '../../credentials/keep.js';
import { hasCode, RegError } from '../../errors.js';
import { login, type LoginResult } from '../../operations/logins/login.js';
import { DEFAULT_SERVER, parseServer } from '../../operations/server-name.js';
import { findLogin, isAccepted } from '../../operations/logins/whoami.js';
import { cleanText, quoteText } from '../../spec/text.js';
import type { Context } from '../context.js';
import { prompt } from '../input/prompt.js';
import { readSecret } from '../input/read-secret.js';

interface LoginFlags {
  readonly username?: string;
  readonly password?: string;
  readonly passwordStdin?: true;
  readonly identityTokenStdin?: true;
}

type LoginContext = Context<LoginFlags>;

export async function run(context: LoginContext): Promise<void> {
  const { args, flags, output, signal } = context;
  const server = parseServer(args[0] ?? DEFAULT_SERVER);
  const store = parseStore(flags.store);
  const place = await context.loginPlace();
  if (await isLoggedIn(server, context)) return;
  const credential = await askCredential(context, server);
  const clientOptions = await context.clientOptions();
  const result = await login(server, { credential, place, store, clientOptions, signal });
  warn(result, context);
  const user = 'username' in credential && credential.username !== '' ? `${credential.username} at ` : '';
  const kept = result.keptBy.startsWith('docker-credential-') ? 'by' : 'in';
  const what = result.isToken ? ' (a token of the registry, not the password)' : '';
  output.line(`Login Succeeded: ${user}${server}, kept ${kept} ${result.keptBy}${what}`);
}

/** What `--store` says: on this command it has nothing to do with the local store. */
function parseStore(text: string | undefined): StoreChoice | undefined {
  if (text === undefined) return undefined;
  if (text === 'keychain' || text === 'file') return { kind: text };
  const name = /^helper:(.+)$/.exec(text)?.[1];
  if (name !== undefined) return { kind: 'helper', name };
  throw new RegError('INVALID_ARGUMENT', `invalid --store ${quoteText(text)}`, {
    hint: 'Give keychain, file or helper:NAME.',
  });
}

/** Says so where a login is asked for without one, and the one that there is is good. */
async function isLoggedIn(server: string, context: LoginContext): Promise<boolean> {
  const { flags, output, signal } = context;
  const { username, password, passwordStdin, identityTokenStdin, store } = flags;
  const isNew = [username, password, passwordStdin, identityTokenStdin, store].some(
    (flag) => flag !== undefined,
  );
  if (isNew) return false;
  const connection = await context.client([server]);
  const found = await findLogin(server, { connection }).catch((error: unknown) => {
    // It is about to be replaced.
    if (hasCode(error, 'CREDENTIALS_UNAVAILABLE')) return undefined;
    throw error;
  });
  if (found === undefined || !(await isAccepted(server, { connection, signal }))) return false;
  const user = found.username === undefined ? '' : `${found.username} at `;
  output.line(`Already logged in: ${user}${server}, from ${found.source}`);
  return true;
}

function warn({ server, tokenServices, shadowedBy }: LoginResult, { progress }: LoginContext): void {
  for (const host of tokenServices) {
    const message = `the password for ${server} goes to its token service ${cleanText(host)}, as it asks`;
    progress.notice({ type: 'warning', message });
  }
  if (shadowedBy === undefined) return;
  const message = `${shadowedBy} has a login for ${server}, too, and comes first: remove it there`;
  progress.notice({ type: 'warning', message });
}

async function askCredential(context: LoginContext, server: string): Promise<Credential> {
  const { flags, io, redactor } = context;
  if (flags.identityTokenStdin) {
    const identityToken = required(await readSecret(io.stdin, 'identity token'), 'identity token');
    redactor.add(identityToken);
    return { username: flags.username ?? '', identityToken };
  }
  const username = await findUsername(context, server);
  const password = await findPassword(context);
  redactor.add(password);
  return { username, password };
}

async function findUsername({ flags, io, signal }: LoginContext, server: string): Promise<string> {
  if (flags.username !== undefined) return required(flags.username, 'username');
  if (flags.passwordStdin) throw new RegError('INVALID_ARGUMENT', '--password-stdin needs --username');
  const answer = await prompt(`Username for ${server}: `, { io, signal, flag: '--username' });
  return required(answer.trim(), 'username');
}

async function findPassword({ flags, io, progress, signal }: LoginContext): Promise<string> {
  if (flags.passwordStdin) return required(await readSecret(io.stdin, 'password'), 'password');
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
