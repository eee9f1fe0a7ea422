/** Logins for one command alone, from its flags and from the environment. They are kept nowhere. */

import type { GivenLogin } from '../../credentials/chain.js';
import { RegError } from '../../errors.js';
import { parseServer } from '../../operations/server-name.js';
import type { Redactor } from '../../spec/redactor.js';
import type { SharedFlags } from '../flags/flags.js';
import type { Io } from '../io.js';
import type { Progress } from '../progress/types.js';
import { prompt } from '../input/prompt.js';
import { readSecret } from '../input/read-secret.js';

interface Parts {
  readonly io: Io;
  readonly flags: SharedFlags;
  readonly progress: Progress;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
}

type Credential = GivenLogin['credential'];

/**
 * What flags and environment say, the flags first; each login is for one host. `hosts` are those that the command
 * names. Throws INVALID_ARGUMENT where it names none or several and a flag is for one, INVALID_CONFIG.
 */
export async function givenLogins(hosts: readonly string[], parts: Parts): Promise<readonly GivenLogin[]> {
  const logins = [await flagLogin(hosts, parts), environmentLogin(hosts, parts)];
  return logins.filter((login) => login !== undefined);
}

async function flagLogin(hosts: readonly string[], parts: Parts): Promise<GivenLogin | undefined> {
  const { username, passwordStdin, token } = parts.flags;
  if (username === undefined && passwordStdin === undefined && token === undefined) return undefined;
  const source = token === undefined ? '--username' : '--token';
  return { host: onlyHost(hosts, source), credential: await flagCredential(parts), source };
}

async function flagCredential({ flags, io, progress, redactor, signal }: Parts): Promise<Credential> {
  const { username = '', passwordStdin, token } = flags;
  if (token !== undefined) {
    if (flags.username !== undefined)
      throw new RegError('INVALID_ARGUMENT', '--token goes without --username');
    if (token !== '-') {
      const message = '--token shows in the process list and in the history of the shell: use --token -';
      progress.notice({ type: 'warning', message });
    }
    const registryToken = token === '-' ? await readSecret(io.stdin, 'token') : token;
    redactor.add(registryToken);
    if (/^[\x21-\x7e]+$/.test(registryToken)) return { registryToken };
    throw new RegError('INVALID_ARGUMENT', 'the value of --token is not a token');
  }
  if (username === '') throw new RegError('INVALID_ARGUMENT', '--password-stdin needs --username');
  const password = passwordStdin
    ? await readSecret(io.stdin, 'password')
    : await prompt('Password: ', { io, signal, flag: '--password-stdin', isSecret: true });
  redactor.add(password);
  if (password === '') throw new RegError('INVALID_ARGUMENT', 'the password is empty');
  return { username, password };
}

function onlyHost(hosts: readonly string[], flag: string): string {
  const [host, ...others] = hosts;
  if (host !== undefined && others.length === 0) return host;
  const named = host === undefined ? 'none' : hosts.join(' and ');
  throw new RegError('INVALID_ARGUMENT', `${flag} is for one registry, and the command names ${named}`, {
    hint: 'Run "reg login" for each.',
  });
}

function environmentLogin(
  hosts: readonly string[],
  { io: { env }, progress, redactor }: Parts,
): GivenLogin | undefined {
  const { REG_USERNAME: username = '', REG_PASSWORD: password = '', REG_REGISTRY: registry = '' } = env;
  redactor.add(password);
  if (username === '' && password === '') return undefined;
  if (username === '' || password === '') {
    const [there, missing] = username === '' ? ['PASSWORD', 'USERNAME'] : ['USERNAME', 'PASSWORD'];
    throw new RegError('INVALID_CONFIG', `REG_${there} is set, and REG_${missing} is not`, {
      hint: 'Set both, or neither.',
    });
  }
  const credential = { username, password };
  if (registry !== '') return { host: registryOf(registry), credential, source: 'REG_USERNAME' };
  const [host, ...others] = hosts;
  if (host !== undefined && others.length === 0) return { host, credential, source: 'REG_USERNAME' };
  if (host !== undefined) {
    const message = `REG_USERNAME is not used, as the command names several registries: set REG_REGISTRY to the one that it is for`;
    progress.notice({ type: 'warning', message });
  }
  return undefined;
}

function registryOf(text: string): string {
  try {
    return parseServer(text);
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    throw new RegError('INVALID_CONFIG', `REG_REGISTRY: ${error.message}`, {
      ...error.context,
      cause: error,
    });
  }
}
