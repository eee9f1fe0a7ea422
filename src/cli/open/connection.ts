/** The client as flags and environment ask for it. Loaded only by commands that need one. */

import { readAuthorities, readKeyPair } from '../../config/certificates.js';
import { isHeaderValue, parseHeaders } from '../../config/header.js';
import { systemClock } from '../../content/system-clock.js';
import { RegError } from '../../errors.js';
import { thisProcess } from '../../disk/this-process.js';
import { openConnection, type Connection, type LoginSources } from '../../operations/connect/connect.js';
import { machineOptions } from '../../operations/connect/machine.js';
import type { LoginPlace } from '../../operations/logins/login.js';
import type { ClientOptions } from '../../registry/client-options.js';
import { proxyFromEnvironment } from '../../registry/net/proxy.js';
import { hostPlatform, parsePlatform, type Platform } from '../../spec/platform.js';
import type { Redactor } from '../../spec/redactor.js';
import type { Identity } from '../../spec/route.js';
import { parseDuration } from '../units/duration.js';
import { hostMemoryFile } from '../cache-folder.js';
import {
  containersAuthFiles,
  dockerConfigFile,
  keychainIndexFile,
  settingsFolders,
  tokenServicesFile,
} from '../environment.js';
import type { PlatformFlags } from '../flags/flags.js';
import type { NetworkFlags } from '../flags/network-flags.js';
import { givenLogins } from './given-logins.js';
import type { Io } from '../io.js';
import { namedHosts } from './named-hosts.js';
import { noticer, type NoticeParts } from './notices.js';
import { readPackage } from '../package.js';

/** What of a context a client is made from. */
interface Parts extends NoticeParts {
  readonly io: Io;
  readonly args: readonly string[];
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
}

/** How to reach registries, without credentials. Throws INVALID_ARGUMENT. */
export async function toClientOptions(parts: Parts): Promise<ClientOptions> {
  const { io, flags, redactor } = parts;
  const { plainHttp, plainHttpAuth, insecure, resolve } = flags;
  const onNotice = noticer(parts);
  return {
    ...machineOptions({
      folders: settingsFolders(io),
      env: io.env,
      mirrors: flags.mirror,
      withProxies: flags.proxy === undefined,
      onNotice,
    }),
    clock: systemClock,
    plainHttp,
    plainHttpAuth,
    insecure,
    resolve,
    proxyFor: proxyFromEnvironment(io.env, flags),
    ca: await authoritiesOf(flags),
    identity: await identityOf(flags),
    connections: flags.connections,
    connectTimeoutMs: flags.connectTimeout ?? durationFrom(io, 'REG_CONNECT_TIMEOUT'),
    idleTimeoutMs: flags.idleTimeout ?? durationFrom(io, 'REG_IDLE_TIMEOUT'),
    headers: headersOf(flags, redactor),
    userAgent: userAgentOf(flags),
    redactor,
    onNotice,
  };
}

/** To be closed by the caller. `hosts` are those that the command names; default: by the references in its arguments. */
export async function openClient(parts: Parts, hosts = namedHosts(parts.args)): Promise<Connection> {
  const { io, flags } = parts;
  return openConnection({
    ...(await toClientOptions(parts)),
    given: await givenLogins(hosts, parts),
    ...loginSources(io),
    hostMemory: hostMemoryFile(io),
    tokenServices: tokenServicesFile(io),
    authHosts: flags.authHost,
  });
}

/** Where logins are looked for. */
export function loginSources(io: Io): LoginSources {
  return {
    dockerConfig: dockerConfigFile(io),
    containersAuth: containersAuthFiles(io),
    keychainIndex: keychainIndexFile(io),
    env: io.env,
  };
}

/** Where `login` and `logout` keep things. Throws INVALID_CONFIG. */
export function loginPlace(parts: Parts): LoginPlace {
  const { io } = parts;
  return {
    ...loginSources(io),
    dockerConfig: requireConfig(dockerConfigFile(io)),
    keychainIndex: requireConfig(keychainIndexFile(io)),
    tokenServices: requireConfig(tokenServicesFile(io)),
    change: { clock: systemClock, ...thisProcess, onNotice: noticer(parts) },
  };
}

function requireConfig(file: string | undefined): string {
  if (file !== undefined) return file;
  throw new RegError('INVALID_CONFIG', 'there is no directory to keep a login in', { hint: 'Set HOME.' });
}

/** The image of an index to take: what is asked for, else this machine's. Throws INVALID_PLATFORM. */
export function platformFor(flags: PlatformFlags, io: Io): Platform {
  return askedPlatform(flags, io) ?? hostPlatform(io);
}

/** The platform that is asked for, by the flag or, as with docker, by a variable. Throws INVALID_PLATFORM. */
export function askedPlatform({ platform }: PlatformFlags, io: Io): Platform | undefined {
  const text = platform ?? io.env['DOCKER_DEFAULT_PLATFORM'] ?? '';
  return text === '' ? undefined : parsePlatform(text, hostPlatform(io));
}

function durationFrom({ env }: Io, name: string): number | undefined {
  const text = env[name] ?? '';
  return text === '' ? undefined : parseDuration(text, name);
}

/** A value is masked from then on where its name says that it is a secret. */
function headersOf({ header = [] }: NetworkFlags, redactor: Redactor): Readonly<Record<string, string>> {
  const headers = parseHeaders(header);
  for (const [name, value] of Object.entries(headers))
    if (/auth|key|pass|secret|token/.test(name)) redactor.add(value);
  return headers;
}

function userAgentOf({ userAgent = `reg/${readPackage().version}` }: NetworkFlags): string {
  if (userAgent !== '' && isHeaderValue(userAgent)) return userAgent;
  throw new RegError('INVALID_ARGUMENT', 'invalid --user-agent', {
    hint: 'Write it in ASCII and on one line.',
  });
}

function authoritiesOf({ caFile = [] }: NetworkFlags): Promise<readonly string[]> {
  return Promise.all(caFile.map((file) => flagged('--ca-file', () => readAuthorities(file))));
}

async function identityOf({ certFile, keyFile }: NetworkFlags): Promise<Identity | undefined> {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile !== undefined && keyFile !== undefined)
    return flagged('--cert-file and --key-file', () => readKeyPair({ certificate: certFile, key: keyFile }));
  const [given, missing] =
    keyFile === undefined ? ['--cert-file', '--key-file'] : ['--key-file', '--cert-file'];
  throw new RegError('INVALID_ARGUMENT', `${given} is nothing without ${missing}`, {
    hint: 'Give both; where one file holds both, name it twice.',
  });
}

async function flagged<T>(flag: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    throw new RegError('INVALID_ARGUMENT', `invalid ${flag}: ${error.message}`, {
      ...error.context,
      cause: error,
    });
  }
}
