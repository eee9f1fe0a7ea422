/** `reg` and the programs that it is measured against, each as it is used for the same work. */

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { bareEnvironment } from '../support/child.js';
import { findProgram } from '../support/programs.js';
import type { Command } from './measure.js';

const BIN = fileURLToPath(new URL('../../bin/reg.js', import.meta.url));

/** `127.0.0.1:5000/bench/3mb:1`. */
type Remote = string;

export interface Tool {
  readonly name: string;
  readonly version: string;
  /** From a registry into an empty `folder`. */
  pull(from: Remote, folder: string): Command;
  /** The image tagged `1` of an OCI layout to a registry. */
  push(layout: string, to: Remote): Command;
  /** Registry to registry. */
  copy(from: Remote, to: Remote): Command;
}

/** What a program needs besides its arguments: nothing of the person who runs the bench is seen by it. */
export interface Home {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export async function makeHome(folder: string): Promise<Home> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'registries.conf'), '');
  return {
    folder,
    env: {
      ...bareEnvironment(),
      HOME: folder,
      USERPROFILE: folder,
      DOCKER_CONFIG: join(folder, '.docker'),
      XDG_CACHE_HOME: join(folder, '.cache'),
      XDG_CONFIG_HOME: join(folder, '.config'),
      XDG_DATA_HOME: join(folder, '.local', 'share'),
      XDG_RUNTIME_DIR: folder,
    },
  };
}

/** `reg` itself, with any further flags for its pulls. */
export function regCommand(home: Home, args: readonly string[]): Command {
  return { argv: [execPath, BIN, ...args], env: home.env };
}

/** Node that does nothing: what no program written for it can be quicker than. */
export function bareNode(home: Home): Command {
  return { argv: [execPath, '-e', '0'], env: home.env };
}

/** `reg` first, then every peer that is installed. */
export async function findTools(home: Home): Promise<readonly [Tool, ...Tool[]]> {
  const found = await Promise.all(PEERS.map((peer) => findPeer(home, peer)));
  return [await ownTool(home), ...found.filter((tool) => tool !== undefined)];
}

async function ownTool(home: Home): Promise<Tool> {
  const run = (...args: string[]): Command => regCommand(home, args);
  return {
    name: 'reg',
    version: await firstLine([execPath, BIN, '--version']),
    pull: (from, folder) => run('pull', from, '--store', folder),
    push: (layout, to) => run('push', to, '--from', `oci:${layout}:1`),
    copy: (from, to) => run('copy', from, to),
  };
}

/** The arguments of one peer; all of them are told that loopback speaks plain http. */
interface Peer {
  readonly program: string;
  readonly version: readonly string[];
  readonly pull: (home: Home, from: Remote, folder: string) => readonly string[];
  readonly push: (home: Home, layout: string, to: Remote) => readonly string[];
  readonly copy: (home: Home, from: Remote, to: Remote) => readonly string[];
}

/**
 * skopeo pulls into `oci:`, not into `dir:`: that is what `reg` makes, too, with blobs by digest, so that a layer which is
 * there is not fetched again.
 */
const PEERS: readonly Peer[] = [
  {
    program: 'skopeo',
    version: ['--version'],
    pull: (home, from, folder) => [
      ...skopeo(home),
      '--src-tls-verify=false',
      `docker://${from}`,
      `oci:${folder}:1`,
    ],
    push: (home, layout, to) => [
      ...skopeo(home),
      '--dest-tls-verify=false',
      `oci:${layout}:1`,
      `docker://${to}`,
    ],
    copy: (home, from, to) => [
      ...skopeo(home),
      '--src-tls-verify=false',
      '--dest-tls-verify=false',
      `docker://${from}`,
      `docker://${to}`,
    ],
  },
  {
    program: 'crane',
    version: ['version'],
    pull: (_, from, folder) => ['pull', '--insecure', '--format=oci', from, folder],
    push: (_, layout, to) => ['push', '--insecure', layout, to],
    copy: (_, from, to) => ['copy', '--insecure', from, to],
  },
  {
    program: 'oras',
    version: ['version'],
    pull: (_, from, folder) => ['cp', '--from-plain-http', '--to-oci-layout', from, `${folder}:1`],
    push: (_, layout, to) => ['cp', '--from-oci-layout', '--to-plain-http', `${layout}:1`, to],
    copy: (_, from, to) => ['cp', '--from-plain-http', '--to-plain-http', from, to],
  },
  {
    program: 'regctl',
    version: ['version', '--format', '{{.VCSTag}}'],
    pull: (_, from, folder) => [...regctl(from), from, `ocidir://${folder}:1`],
    push: (_, layout, to) => [...regctl(to), `ocidir://${layout}:1`, to],
    copy: (_, from, to) => [...regctl(from, to), from, to],
  },
];

function skopeo({ folder }: Home): readonly string[] {
  const registries = join(folder, 'registries.conf');
  return ['--insecure-policy', '--registries-conf', registries, '--registries.d', folder, 'copy', '--quiet'];
}

function regctl(...remotes: readonly Remote[]): readonly string[] {
  const hosts = new Set(remotes.map((remote) => remote.slice(0, remote.indexOf('/'))));
  return [...[...hosts].flatMap((host) => ['--host', `reg=${host},tls=disabled`]), 'image', 'copy'];
}

async function findPeer(home: Home, peer: Peer): Promise<Tool | undefined> {
  const path = findProgram(peer.program);
  if (path === undefined) return undefined;
  const run = (args: readonly string[]): Command => ({ argv: [path, ...args], env: home.env });
  return {
    name: peer.program,
    version: await firstLine([path, ...peer.version]),
    pull: (from, folder) => run(peer.pull(home, from, folder)),
    push: (layout, to) => run(peer.push(home, layout, to)),
    copy: (from, to) => run(peer.copy(home, from, to)),
  };
}

async function firstLine([program, ...args]: readonly [string, ...string[]]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args);
  return /\d+\.\d+[\w.+-]*/.exec(stdout)?.[0] ?? stdout.trim().split('\n')[0] ?? '';
}
