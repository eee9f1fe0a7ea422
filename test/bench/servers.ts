/** The servers that are pulled from and pushed to, on loopback; `reg serve` stands in for what is not installed. */

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

import { bareEnvironment, startChild } from '../support/child.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { listen } from '../support/listen.js';
import { createPerson } from '../support/person.js';
import { findProgram, programPath } from '../support/programs.js';
import { startServe } from '../support/serve.js';
import { temporaryFolder } from '../support/temp.js';
import type { Scope } from '../support/temp.js';
import type { BenchImage } from './images.js';

export interface Server {
  /** What it is: `nginx`. */
  readonly name: string;
  /** `127.0.0.1:<port>`. */
  readonly host: string;
}

/** A server that has the images and does as little as it can for them, so that it is not what is measured. */
export function startStaticServer(scope: Scope, images: readonly BenchImage[]): Promise<Server> {
  return findProgram('nginx') === undefined ? startOwn(scope, images) : startNginx(scope, images);
}

/** What stands behind `startRegistry` on this machine. */
export function registryName(): string {
  return findProgram('docker-registry') === undefined ? 'reg serve' : 'docker-registry';
}

/** A real registry, with these images in it. */
export async function startRegistry(scope: Scope, images: readonly BenchImage[]): Promise<Server> {
  if (registryName() === 'reg serve') return startOwn(scope, images);
  const { host } = await startDockerRegistry(scope);
  await load(scope, host, images);
  return { name: registryName(), host };
}

async function startOwn(scope: Scope, images: readonly BenchImage[]): Promise<Server> {
  const { host } = await startServe(scope, await createPerson(scope));
  await load(scope, host, images);
  return { name: 'reg serve', host };
}

async function load(scope: Scope, host: string, images: readonly BenchImage[]): Promise<void> {
  const pusher = await createPerson(scope);
  for (const { reference, folder } of images) {
    await pusher.reg(['push', `${host}/${reference}`, '--from', `oci:${folder}:1`]);
  }
}

/** One process, so that nothing is left when it is killed. */
async function startNginx(scope: Scope, images: readonly BenchImage[]): Promise<Server> {
  const folder = await temporaryFolder(scope);
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  await writeFile(config, nginxConfig(folder, { port, images }));
  const argv: readonly [string, ...string[]] = [programPath('nginx'), '-p', folder, '-c', config];
  await startChild(scope, [...argv, '-e', join(folder, 'error.log')], { env: bareEnvironment() });
  await answers(port);
  return { name: 'nginx', host: `127.0.0.1:${port}` };
}

function nginxConfig(
  folder: string,
  { port, images }: { readonly port: number; readonly images: readonly BenchImage[] },
): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off; master_process off; pid ${folder}/pid;
${getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 512; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  ${temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
  types {}
  default_type application/octet-stream;
  server {
    listen 127.0.0.1:${port};
    location = /v2/ { return 200 "{}"; }
    ${images.map(locations).join('\n    ')}
  }
}
`;
}

/** An image as files: no copy of the layout is needed. */
function locations({ reference, folder, digest, mediaType }: BenchImage): string {
  const [repository, tag] = reference.split(':');
  const manifest = `default_type ${mediaType}; add_header Docker-Content-Digest ${digest};`;
  const file = `alias ${folder}/blobs/${digest.replace(':', '/')};`;
  const named = [tag, digest].map(
    (name) => `location = /v2/${repository}/manifests/${name} { ${manifest} ${file} }`,
  );
  const blobs = `location ~ ^/v2/${repository}/blobs/sha256:([0-9a-f]+)$ { alias ${folder}/blobs/sha256/$1; }`;
  return [...named, blobs].join('\n    ');
}

async function freePort(): Promise<number> {
  const hooks: (() => Promise<void> | void)[] = [];
  const { port, close } = await listen({ after: (hook) => void hooks.push(hook) }, createServer());
  await close();
  return port;
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await sleep(25);
    } finally {
      socket.destroy();
    }
  }
  throw new Error('nginx does not answer.');
}
