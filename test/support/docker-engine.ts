import { once } from 'node:events';
import { request as startRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { env, getuid, platform } from 'node:process';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

import { bareEnvironment, startChild } from './child.js';
import { needs, programPath } from './programs.js';
import { temporaryFolder, type Scope } from './temp.js';

/** Options of a test that starts a Docker engine: it is skipped where there is none, or where that is not allowed. */
export function needsEngine(): { readonly skip: string | false } {
  if (platform !== 'linux' || getuid?.() !== 0)
    return { skip: 'only root on Linux can start a Docker engine' };
  return needs('dockerd');
}

/** A real Docker engine with a store of its own, without a network. */
export interface DockerEngine {
  /** For `DOCKER_HOST`. */
  readonly host: string;
  /** The socket of its containerd. */
  readonly containerd: string;
  /** What `docker save` gives. */
  readonly save: (image: string) => Promise<Buffer>;
  /** What `docker load` does; answers what the engine says. */
  readonly load: (tar: Uint8Array) => Promise<string>;
  /** What `docker pull NAME`, with its tag, does. */
  readonly pull: (image: string) => Promise<void>;
  /** What `docker tag` and `docker push` do. */
  readonly pushAs: (image: string, name: string) => Promise<void>;
  /** What `docker run --rm --network none` prints. */
  readonly run: (image: string, command: readonly string[]) => Promise<string>;
  /** What `docker export` gives of a container of that image that never ran. */
  readonly exportRootfs: (image: string) => Promise<Buffer>;
}

/** Starts dockerd, and waits until it answers. `mirrors` are asked for the images of Docker Hub. */
export async function startDockerEngine(
  scope: Scope,
  { mirrors = [] }: { readonly mirrors?: readonly string[] } = {},
): Promise<DockerEngine> {
  const folder = await temporaryFolder(scope);
  const socketPath = join(folder, 'docker.sock');
  const folders = ['data-root', 'exec-root'].flatMap((name) => [`--${name}`, join(folder, name)]);
  const flags = ['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=vfs'];
  flags.push(...mirrors.map((mirror) => `--registry-mirror=${mirror}`));
  const places = ['--pidfile', join(folder, 'docker.pid'), '--host', `unix://${socketPath}`];
  const child = await startChild(scope, [programPath('dockerd'), ...flags, ...folders, ...places], {
    env: { ...bareEnvironment(), PATH: env['PATH'] ?? '', HOME: folder },
  });
  scope.after(async () => {
    child.kill('SIGTERM');
    await child.ended;
  });
  const ask = createAsk(socketPath);
  await untilReady(ask, child.ended);
  return {
    host: `unix://${socketPath}`,
    containerd: join(folder, 'exec-root', 'containerd', 'containerd.sock'),
    save: (image) => ask('GET', `/images/${image}/get`),
    load: async (tar) =>
      (await ask('POST', '/images/load', { body: tar, type: 'application/x-tar' })).toString(),
    async pull(image) {
      const { name, tag } = split(image);
      refuseErrors(await ask('POST', `/images/create?fromImage=${name}&tag=${tag}`));
    },
    async pushAs(image, as) {
      const { name, tag } = split(as);
      await ask('POST', `/images/${image}/tag?repo=${name}&tag=${tag}`);
      const headers = { 'x-registry-auth': Buffer.from('{}').toString('base64') };
      refuseErrors(await ask('POST', `/images/${name}/push?tag=${tag}`, { headers }));
    },
    run: (image, command) => run(ask, image, command),
    exportRootfs: (image) => exportRootfs(ask, image),
  };
}

type Ask = (
  method: string,
  path: string,
  options?: {
    readonly body?: Uint8Array;
    readonly type?: string;
    readonly headers?: Readonly<Record<string, string>>;
  },
) => Promise<Buffer>;

function createAsk(socketPath: string): Ask {
  return async (method, path, { body, type = 'application/json', ...options } = {}) => {
    const headers = { host: 'docker', ...(body && { 'content-type': type }), ...options.headers };
    const request = startRequest({ socketPath, method, path, headers, agent: false });
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const bytes = await buffer(response);
    if ((response.statusCode ?? 500) < 400) return bytes;
    throw new Error(`${method} ${path}: ${response.statusCode} ${bytes.toString()}`);
  };
}

function split(image: string): { readonly name: string; readonly tag: string } {
  const colon = image.lastIndexOf(':');
  return { name: image.slice(0, colon), tag: image.slice(colon + 1) };
}

/** Pulls and pushes answer with 200, and tell of errors in what they stream. */
function refuseErrors(said: Buffer): void {
  const text = said.toString();
  if (text.includes('"errorDetail"')) throw new Error(text);
}

async function untilReady(ask: Ask, ended: Promise<{ readonly stderr: string }>): Promise<void> {
  let over = '';
  void ended.then(({ stderr }) => (over = `dockerd ended: ${stderr.slice(-2000)}`));
  for (let tries = 0; tries < 300; tries++) {
    if (over !== '') throw new Error(over);
    try {
      await ask('GET', '/_ping');
      return;
    } catch {
      await delay(100);
    }
  }
  throw new Error('dockerd does not answer.');
}

async function create(ask: Ask, config: object): Promise<string> {
  const created = await ask('POST', '/containers/create', { body: Buffer.from(JSON.stringify(config)) });
  return (JSON.parse(created.toString()) as { Id: string }).Id;
}

async function exportRootfs(ask: Ask, image: string): Promise<Buffer> {
  const id = await create(ask, { Image: image, Cmd: ['/none'] });
  const tar = await ask('GET', `/containers/${id}/export`);
  await ask('DELETE', `/containers/${id}?force=1`);
  return tar;
}

async function run(ask: Ask, image: string, command: readonly string[]): Promise<string> {
  const config = { Image: image, Cmd: command, Tty: true, HostConfig: { NetworkMode: 'none' } };
  const id = await create(ask, config);
  await ask('POST', `/containers/${id}/start`);
  await ask('POST', `/containers/${id}/wait`);
  const output = await ask('GET', `/containers/${id}/logs?stdout=1&stderr=1`);
  await ask('DELETE', `/containers/${id}?force=1`);
  return output.toString();
}
