/** config.json with several writers, and writers that are killed. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { findPoints, killAt } from '../support/crash-points.js';
import { ageClaims, copyHome, leaveClaim } from '../support/crash-store.js';
import { basicCredentials, reply, startHttpServer } from '../support/http-server.js';
import type { HttpServer } from '../support/http-server.js';
import { succeeded } from '../support/person.js';
import { needs } from '../support/programs.js';
import { reg } from '../support/reg.js';
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
