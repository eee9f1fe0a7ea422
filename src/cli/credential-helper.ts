/**
 * `docker-credential-reg`: what `reg` keeps in the OS keychain, for docker and podman, by the protocol of credential
 * helpers. It reads no config.json, so that one which names it leads nowhere in circles.
 */

import { hostOfKey, keyFor } from '../credentials/auth-entry.js';
import { parseLogin, secretOf } from '../credentials/helper-program.js';
import { OsKeychain } from '../credentials/os-keychain.js';
import { systemClock } from '../content/system-clock.js';
import { thisProcess } from '../disk/this-process.js';
import { RegError } from '../errors.js';
import { parseJsonObject } from '../spec/json.js';
import { cleanText } from '../spec/text.js';
import { keychainIndexFile } from './environment.js';
import { processIo, type Io } from './io.js';
import { readSecret } from './input/read-secret.js';

/** By these very words docker and podman know that there is none. */
const NOT_FOUND = 'credentials not found in native keychain';

const change = { clock: systemClock, ...thisProcess };

/** Runs one action for the program that started us. What is wrong is told on the standard output, as helpers do. */
export async function run(): Promise<void> {
  const io = processIo();
  try {
    const answer = await act(io);
    io.stdout.write(answer ?? `${NOT_FOUND}\n`);
    if (answer === undefined) process.exitCode = 1;
  } catch (error) {
    const { message, hint = '' } =
      error instanceof RegError ? { ...error.context, message: error.message } : { message: String(error) };
    io.stdout.write(`${cleanText(`${message}. ${hint}`, 500)}\n`);
    process.exitCode = 1;
  }
}

/** Undefined when there is no such login. */
async function act(io: Io): Promise<string | undefined> {
  const index = keychainIndexFile(io);
  if (index === undefined) throw new RegError('INVALID_CONFIG', 'there is no directory to keep a login in');
  const keychain = new OsKeychain({ index, env: io.env });
  const [action] = io.args;
  if (action === 'list') return list(keychain);
  if (action !== 'get' && action !== 'store' && action !== 'erase')
    throw new RegError('INVALID_ARGUMENT', 'usage: docker-credential-reg get|store|erase|list');
  const input = await readSecret(io.stdin, 'question');
  if (action === 'store') return store(keychain, input);
  const server = accountOf(input.trim());
  if (action === 'erase') return (await keychain.erase(server, change)) ? '' : undefined;
  const credential = await keychain.get(server);
  if (credential === undefined) return undefined;
  const { username: Username, secret: Secret } = secretOf(credential);
  return `${JSON.stringify({ ServerURL: input.trim(), Username, Secret })}\n`;
}

async function store(keychain: OsKeychain, input: string): Promise<string> {
  const { ServerURL, Username, Secret } = parseJsonObject(Buffer.from(input), {
    what: 'the login',
    code: 'INVALID_ARGUMENT',
  });
  if (typeof ServerURL !== 'string' || typeof Username !== 'string' || typeof Secret !== 'string')
    throw new RegError('INVALID_ARGUMENT', 'the login is not one');
  await keychain.store(accountOf(ServerURL), parseLogin(Username, Secret), change);
  return '';
}

async function list(keychain: OsKeychain): Promise<string> {
  const logins = [...(await keychain.list())].map(([host, username]) => [keyFor(host), username]);
  return `${JSON.stringify(Object.fromEntries(logins))}\n`;
}

/** What only names a host is kept under that, as `reg login` does; docker keeps more than one entry for the Hub. */
function accountOf(server: string): string {
  const isHost = /^(https?:\/\/)?[^/]+(\/(v[12]\/?)?)?$/.test(server);
  return isHost ? hostOfKey(server) : server;
}
