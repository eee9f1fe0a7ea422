/**
 * Where the Docker engine listens, as docker's own command line finds it: `DOCKER_HOST`, else the context that
 * `DOCKER_CONTEXT` or config.json names, else the socket of docker or podman that is there.
 */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import { readContext } from './context.js';
import { readIdentity, type Identity } from './identity.js';

/** How to reach an engine. */
export interface Endpoint {
  /** For messages: `unix:///var/run/docker.sock`, without a password. */
  readonly name: string;
  /** A socket in the file system, or a pipe of Windows. */
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number;
  /** TLS, with our certificate where there is one. */
  readonly identity?: Identity;
}

/** What is known about the machine and the person. */
export interface EngineSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of the person; undefined when nobody knows one. */
  readonly home?: string | undefined;
  /** As `process.platform`. */
  readonly platform?: string | undefined;
}

const WINDOWS_PIPE = '//./pipe/docker_engine';

/** Throws INVALID_CONFIG for an address or a context that can't be used, UNSUPPORTED for `ssh://`. */
export async function findEndpoint(around: EngineSurroundings): Promise<Endpoint> {
  const { env } = around;
  const docker =
    env['DOCKER_CONFIG'] || (around.home === undefined ? undefined : join(around.home, '.docker'));
  const host = env['DOCKER_HOST'] ?? '';
  if (host !== '') return parseHost(host, { from: 'DOCKER_HOST', identity: await identityFrom(env, docker) });
  const context = docker === undefined ? undefined : await readContext(docker, env['DOCKER_CONTEXT']);
  if (context === undefined) return defaultEndpoint(around);
  const identity = context.tlsFolder === undefined ? undefined : await readIdentity(context.tlsFolder);
  return parseHost(context.host, { from: `the docker context ${quoteText(context.name)}`, identity });
}

/** `DOCKER_TLS_VERIFY` asks for TLS whatever its value; `DOCKER_CERT_PATH` says where the certificates are. */
async function identityFrom(
  env: EngineSurroundings['env'],
  docker: string | undefined,
): Promise<Identity | undefined> {
  if ((env['DOCKER_TLS_VERIFY'] ?? '') === '') return undefined;
  const folder = env['DOCKER_CERT_PATH'] || docker;
  if (folder !== undefined) return readIdentity(folder);
  throw new RegError(
    'INVALID_CONFIG',
    'DOCKER_TLS_VERIFY is set, and nothing says where the certificates are',
    {
      hint: 'Set DOCKER_CERT_PATH.',
    },
  );
}

interface HostOptions {
  /** What named the address, for messages. */
  readonly from: string;
  readonly identity: Identity | undefined;
}

function parseHost(text: string, { from, identity }: HostOptions): Endpoint {
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? [];
  const name = withoutUser(text);
  if ((scheme === 'unix' || scheme === 'npipe') && rest !== '') return { name, socketPath: rest };
  if (scheme === 'ssh') {
    throw new RegError('UNSUPPORTED', `${from} is ${quoteText(name)}, and ssh is not spoken here`, {
      hint: 'Forward the socket: ssh -L ./docker.sock:/var/run/docker.sock HOST, then DOCKER_HOST=unix://./docker.sock.',
    });
  }
  const found = parseAddress(rest);
  if ((scheme === 'tcp' || scheme === 'http' || scheme === 'https') && found !== undefined) {
    const isTls = identity !== undefined || scheme === 'https';
    return { name, ...found, ...(isTls ? { identity: identity ?? {} } : {}) };
  }
  throw new RegError(
    'INVALID_CONFIG',
    `${from} is not the address of an engine: ${quoteText(withoutUser(text))}`,
    {
      hint: 'Write unix:///var/run/docker.sock or tcp://HOST:PORT.',
    },
  );
}

/** Nobody's password belongs into a message. */
function withoutUser(text: string): string {
  return text.replace(/^([a-z]+:\/\/)?[^@/]*@/, '$1');
}

function parseAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, six, name, port] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})\/?$/i.exec(text) ?? [];
  const host = six ?? name;
  return host === undefined ? undefined : { host, port: Number(port) };
}

/** Docker's socket, or podman's where only that is there. */
async function defaultEndpoint({ env, platform }: EngineSurroundings): Promise<Endpoint> {
  if (platform === 'win32') return { name: `npipe://${WINDOWS_PIPE}`, socketPath: WINDOWS_PIPE };
  const runtime = env['XDG_RUNTIME_DIR'] ?? '';
  const docker = '/var/run/docker.sock';
  const podman = [
    ...(runtime === '' ? [] : [join(runtime, 'podman', 'podman.sock')]),
    '/run/podman/podman.sock',
  ];
  for (const socketPath of [docker, ...podman])
    if (await isSocket(socketPath)) return { name: `unix://${socketPath}`, socketPath };
  return { name: `unix://${docker}`, socketPath: docker };
}

async function isSocket(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch {
    return false;
  }
}
