import { writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bareEnvironment, startChild } from './child.js';
import { listen } from './listen.js';
import { programPath } from './programs.js';
import { temporaryFolder } from './temp.js';
import type { Scope } from './temp.js';

export interface TinyproxyOptions {
  /** Port of the proxy that it hands everything on to, so that names may lead where no DNS says. */
  readonly upstream: number;
  /** Who may pass. */
  readonly login: { readonly username: string; readonly password: string };
}

export interface Tinyproxy {
  readonly port: number;
  /** As it goes into HTTPS_PROXY, without user and password. */
  readonly url: string;
}

/** Starts the program tinyproxy on loopback, and waits until it listens. */
export async function startTinyproxy(
  scope: Scope,
  { upstream, login }: TinyproxyOptions,
): Promise<Tinyproxy> {
  const config = join(await temporaryFolder(scope), 'tinyproxy.conf');
  const port = await freePort();
  const lines = [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Timeout 60',
    'LogLevel Connect',
    `BasicAuth ${login.username} ${login.password}`,
    `Upstream http 127.0.0.1:${upstream}`,
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const child = await startChild(scope, [programPath('tinyproxy'), '-d', '-c', config], {
    env: bareEnvironment(),
  });
  const ended = child.ended.then(({ stdout, stderr }) => {
    throw new Error(`tinyproxy ended: ${stdout}${stderr}`);
  });
  await Promise.race([listening(port), ended]);
  return { port, url: `http://127.0.0.1:${port}` };
}

/** It wants to be told its port, and cannot choose one itself. */
async function freePort(): Promise<number> {
  const ends: (() => Promise<void> | void)[] = [];
  const { port } = await listen({ after: (hook) => void ends.push(hook) }, createServer());
  for (const end of ends) await end();
  return port;
}

async function listening(port: number): Promise<void> {
  for (let tries = 1000; tries > 0; tries--) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isThere) return;
    await sleep(10);
  }
  throw new Error('Waited in vain for tinyproxy.');
}
