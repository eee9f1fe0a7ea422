/** config.json with several writers, and writers that are killed. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPoints, killAt } from '../support/crash-points.js';
import { ageClaims, copyHome, leaveClaim } from '../support/crash-store.js';
import { basicCredentials, reply, startHttpServer } from '../support/http-server.js';
import type { HttpServer } from '../support/http-server.js';
import { succeeded } from '../support/person.js';
import { needs, programPath } from '../support/programs.js';
import { reg, startReg } from '../support/reg.js';
import { temporaryFolder } from '../support/temp.js';
import type { Scope } from '../support/temp.js';

/** What docker keeps beside logins, and must not be lost. */
const OTHERS = { auths: { 'ghcr.io': { auth: 'b2xkOmxvZ2lu' } }, HttpHeaders: { 'X-Meta': 'kept' } };

/** A registry that opens for anyone who gives a name. */
function startRegistry(scope: Scope): Promise<HttpServer> {
  return startHttpServer(scope, (exchange) => {
    const isKnown = basicCredentials(exchange.log.headers) !== undefined;
    reply(exchange, isKnown ? 200 : 401, {
      headers: isKnown ? {} : { 'www-authenticate': 'Basic realm="test"' },
      body: {},
    });
  });
}

async function writeConfig(home: string, config: object): Promise<void> {
  const file = configOf(home);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(config));
  await chmod(file, 0o600);
}

function configOf(home: string): string {
  return join(home, '.docker', 'config.json');
}

async function readConfig(home: string): Promise<unknown> {
  return JSON.parse(await readFile(configOf(home), 'utf8'));
}

for (const [command, after] of [
  ['login', 'nobody'],
  ['logout', 'nobody'],
  ['login', 'dead'],
] as const) {
  const where = after === 'dead' ? `${command} after a killed one` : command;
  test(
    `killed at any point of ${where}, config.json is the old or the new one, and nothing stays beside it`,
    { ...needs('strace'), concurrency: 3 },
    async (t) => {
      const { host } = await startRegistry(t);
      const login = ['login', '-u', 'me', '-p', 'secret', host];
      const args = command === 'login' ? login : ['logout', host];
      const template = await temporaryFolder(t);
      await writeConfig(template, OTHERS);
      if (command === 'logout') succeeded(await reg(t, login, { home: template }));
      if (after === 'dead') await leaveClaim(configOf(template));
      const old = await readConfig(template);

      const done = await copyHome(t, template);
      const points = await findPoints(t, done, args);
      const wanted = await readConfig(done);
      assert.ok(points.length >= 5, `only ${points.length} points`);
      await Promise.all(
        points.map((point) =>
          t.test(`${point.call} ${point.nth} of ${point.path}`, async (t) => {
            const home = await copyHome(t, template);
            await killAt(t, point, { home, args });
            const found = JSON.stringify(await readConfig(home));
            assert.ok(
              [old, wanted].some((some) => JSON.stringify(some) === found),
              found,
            );
            assert.equal((await stat(configOf(home))).mode & 0o777, 0o600);

            await ageClaims(home);
            succeeded(await reg(t, args, { home }));
            succeeded(await reg(t, login, { home }));
            succeeded(await reg(t, args, { home }));
            assert.deepEqual(await readConfig(home), wanted);
            assert.equal((await stat(configOf(home))).mode & 0o777, 0o600);
            assert.deepEqual(await readdir(dirname(configOf(home))), ['config.json']);
          }),
        ),
      );
    },
  );
}

test('logins at once lose no entry', async (t) => {
  const hosts = await Promise.all(Array.from({ length: 4 }, async () => (await startRegistry(t)).host));
  const home = await temporaryFolder(t);
  await writeConfig(home, OTHERS);
  const runs = await Promise.all(
    hosts.map((host) => reg(t, ['login', '-u', 'me', '-p', 'secret', host], { home })),
  );
  runs.forEach(succeeded);
  const { auths, ...others }: typeof OTHERS = JSON.parse(await readFile(configOf(home), 'utf8'));
  assert.deepEqual(new Set(Object.keys(auths)), new Set(['ghcr.io', ...hosts]));
  assert.deepEqual(others, { HttpHeaders: OTHERS.HttpHeaders });
});

test('a login that docker makes while ours is being written is not lost', needs('strace'), async (t) => {
  const { host } = await startRegistry(t);
  const home = await temporaryFolder(t);
  await writeConfig(home, OTHERS);
  // The disk takes a second for each file, and docker, which knows no lock, is faster.
  const child = await startReg(t, ['login', '-u', 'me', '-p', 'secret', host], {
    home,
    under: [programPath('strace'), '-f', '-qq', '-o', '/dev/null', '-e', 'inject=fsync:delay_enter=1s'],
  });
  while (!existsSync(`${configOf(home)}.next`)) await sleep(10);
  const dockers = { ...OTHERS, auths: { ...OTHERS.auths, 'quay.io': { auth: 'bmV3OmxvZ2lu' } } };
  await writeFile(`${configOf(home)}123`, JSON.stringify(dockers), { mode: 0o600 });
  await rename(`${configOf(home)}123`, configOf(home));
  succeeded(await child.ended);
  const { auths }: typeof OTHERS = JSON.parse(await readFile(configOf(home), 'utf8'));
  assert.deepEqual(new Set(Object.keys(auths)), new Set(['ghcr.io', 'quay.io', host]));
});
