/**
 * Keys of the role of a container: ECS, App Runner, CodeBuild, EKS Pod Identity (SDKs and Tools Reference, "Container
 * credential provider").
 */

import { isIP } from 'node:net';

import { RegError } from '../../../errors.js';
import { askJson, type Errand } from '../ask.js';
import { keysIn, type FoundKeys } from './reply.js';
import type { CloudSession } from '../session.js';
import { readTokenFile } from '../token-file.js';

const RELATIVE = 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI';
const FULL = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
const TOKEN_FILE = 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE';
const TOKEN = 'AWS_CONTAINER_AUTHORIZATION_TOKEN';

const ECS = new URL('http://169.254.170.2/');

/** Beside loopback, all that AWS SDKs ask (their `ecs` provider): ECS, and the agent of EKS by IPv4 and IPv6. */
const ALLOWED: ReadonlySet<string> = new Set([ECS.hostname, '169.254.170.23', '[fd00:ec2::23]']);

/** Undefined outside of such containers. Throws CREDENTIALS_UNAVAILABLE. */
export async function keysOfContainer(session: CloudSession): Promise<FoundKeys | undefined> {
  const { env } = session;
  const variable = [RELATIVE, FULL].find((name) => env[name]);
  if (variable === undefined) return undefined;
  const url = parseAddress(variable, env[variable] ?? '');
  const errand: Errand = {
    what: 'keys for AWS',
    who: url.host,
    hint: `That address is what ${variable} says.`,
  };
  const authorization = await authorizationFor(session);
  const headers = authorization === undefined ? {} : { authorization };
  const reply = await askJson({ method: 'GET', url, headers }, errand, session);
  return { keys: keysIn(reply, errand, session), source: 'role of this container' };
}

function parseAddress(variable: string, text: string): URL {
  const base = variable === RELATIVE ? ECS : undefined;
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  const isAllowed =
    base === undefined ? url !== undefined && isOnThisMachine(url) : url?.origin === base.origin;
  if (url !== undefined && isAllowed && url.username === '' && url.password === '') return url;
  throw new RegError('CREDENTIALS_UNAVAILABLE', `${variable} does not name an AWS service on this machine`, {
    hint: `Unset it: credentials are asked for at ${[...ALLOWED].join(', ')} and at loopback addresses only.`,
  });
}

function isOnThisMachine({ protocol, hostname }: URL): boolean {
  const isLoopback =
    hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));
  return (protocol === 'http:' || protocol === 'https:') && (isLoopback || ALLOWED.has(hostname));
}

async function authorizationFor({ env, onSecret }: CloudSession): Promise<string | undefined> {
  const file = env[TOKEN_FILE];
  const token = file ? await readTokenFile(file, TOKEN_FILE) : env[TOKEN] || undefined;
  if (token === undefined) return undefined;
  onSecret(token);
  if (/^[\x20-\x7e]+$/.test(token)) return token;
  throw new RegError('CREDENTIALS_UNAVAILABLE', `${TOKEN} holds no token`, { hint: 'Correct or unset it.' });
}
