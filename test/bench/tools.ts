/** `reg` and the programs that it is measured against, each as it is used for the same work. */

import { execFile } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { findProgram } from '../support/programs.js';
import type { Home } from './home.js';
import type { Command } from './measure.js';
import { PEERS } from './peers.js';
import type { Peer, Remote } from './peers.js';

const BIN = fileURLToPath(new URL('../../bin/reg.js', import.meta.url));

export interface Tool {
  readonly name: string;
  readonly version: string;
  /** From a registry into an empty `folder`. */
  pull(from: Remote, folder: string): Command;
  /** The image tagged `1` of an OCI layout to a registry. */
  push(layout: string, to: Remote): Command;
  /** Registry to registry. */
  copy(from: Remote, to: Remote): Command;
  /** What a tag stands for. */
  digest(from: Remote): Command;
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
    digest: (from) => run('digest', from),
  };
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
    digest: (from) => run(peer.digest(home, from)),
  };
}

async function firstLine([program, ...args]: readonly [string, ...string[]]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args);
  return /\d+\.\d+[\w.+-]*/.exec(stdout)?.[0] ?? stdout.trim().split('\n')[0] ?? '';
}
