import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { formatEntry, keyFor, keysFor, parseEntry } from '../../src/credentials/auth-entry.js';
import type { Credential } from '../../src/credentials/credential.js';
import {
  credentialOf,
  readDockerConfig,
  removeEntries,
  setEntry,
} from '../../src/credentials/docker-config.js';
import { RegError } from '../../src/errors.js';
import { thisProcess } from '../layout/stores.js';
import { temporaryFolder } from '../support/temp.js';
import type { Scope } from '../support/temp.js';

const host = fc.constantFrom('docker.io', 'ghcr.io', 'registry.example:5000', '127.0.0.1:5000', 'quay.io');
/** Keys as docker, podman and people write them. */
const key = fc.oneof(
  host,
  host.map((name) => `https://${name}/v1/`),
  host.map((name) => `http://${name}`),
  host.map((name) => name.toUpperCase()),
  fc.constant('https://index.docker.io/v1/'),
  fc.string({ maxLength: 12 }),
);
// A colon ends the username (RFC 7617, 2), and nobody's password has control characters.
const word = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => !/\p{Cc}/u.test(text));
const username = word.filter((text) => !text.includes(':'));
const credential: fc.Arbitrary<Credential> = fc.oneof(
  fc.tuple(username, word).map(([user, password]) => ({ username: user, password })),
  word.map((identityToken) => ({ identityToken })),
  word.map((registryToken) => ({ registryToken })),
);

async function read(file: string, name: string): Promise<Credential | undefined> {
  return credentialOf(await readDockerConfig(file), name);
}

async function configFile(scope: Scope): Promise<string> {
  return join(await temporaryFolder(scope), 'config.json');
}

test('a login is read back, and all else that the file holds stays', async (t) => {
  const file = await configFile(t);
  const others = fc.dictionary(
    fc
      .stringMatching(/^[a-z]{1,8}$/)
      .filter((name) => !['auths', 'credsStore', 'credHelpers'].includes(name)),
    fc.jsonValue({ maxDepth: 2 }),
    { noNullPrototype: true },
  );
  await fc.assert(
    fc.asyncProperty(host, credential, others, async (name, wanted, config) => {
      await writeFile(file, JSON.stringify(config));
      await setEntry(file, { host: name, entry: formatEntry(wanted) }, thisProcess);
      assert.deepEqual(await read(file, name), wanted);
      assert.ok(await removeEntries(file, name, thisProcess));
      assert.equal(await read(file, name), undefined);
      const after: unknown = JSON.parse(await readFile(file, 'utf8'));
      assert.deepEqual(after, { ...JSON.parse(JSON.stringify(config)), auths: {} });
    }),
    { numRuns: 60 },
  );
});

test('a login of one host is never given to another', async (t) => {
  const file = await configFile(t);
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(host, { minLength: 2, maxLength: 2 }), async ([one = '', other = '']) => {
      await writeFile(file, '{}');
      await setEntry(file, { host: one, entry: { auth: 'bWU6eA==' } }, thisProcess);
      assert.equal(await read(file, other), undefined);
    }),
    { numRuns: 20 },
  );
});

test('the keys of a host are some of those that are there, and begin with the one that docker writes', () => {
  fc.assert(
    fc.property(host, fc.uniqueArray(key, { maxLength: 8 }), (name, keys) => {
      const found = keysFor(name, keys);
      assert.ok(found.every((one) => keys.includes(one)));
      assert.equal(new Set(found).size, found.length);
      if (keys.includes(keyFor(name))) assert.equal(found[0], keyFor(name));
    }),
  );
});

const SECRET = 'qX7-secret';

test('any entry is read or refused, and the refusal quotes no value', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constant(SECRET),
    fc.constant(Buffer.from(`${SECRET}\0`).toString('base64')),
    fc.constant(`${SECRET}:${SECRET}`),
  );
  const value = fc.oneof(text, fc.jsonValue({ maxDepth: 1 }));
  const names = ['auth', 'username', 'password', 'identitytoken', 'registrytoken', 'email'];
  const entry = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...names), value));
  fc.assert(
    fc.property(entry, (one) => {
      const error = errorOf(() => parseEntry(one, 'there'));
      if (error !== undefined) assertRefusal(error, /^there/);
    }),
    { numRuns: 1000 },
  );
});

test('any file is read or refused with its name, and the refusal quotes none of it', async (t) => {
  const file = await configFile(t);
  const auths = fc.dictionary(key, fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constant({ auth: SECRET })));
  const config = fc.oneof(fc.jsonValue(), fc.record({ auths }));
  const text = config.map((value) => JSON.stringify(value));
  // Cut anywhere, with a byte put in, or no JSON from the beginning.
  const damaged = fc
    .tuple(text, fc.nat(), fc.uint8Array({ maxLength: 2 }))
    .map(([whole, at, bytes]) =>
      Buffer.concat([Buffer.from(whole).subarray(0, at % (whole.length + 1)), bytes]),
    );
  await fc.assert(
    fc.asyncProperty(fc.oneof(text, damaged, fc.uint8Array()), host, async (bytes, name) => {
      await writeFile(file, bytes);
      try {
        await read(file, name);
      } catch (error) {
        assertRefusal(error, /config\.json/);
      }
    }),
    { numRuns: 400 },
  );
});

function errorOf(task: () => unknown): unknown {
  try {
    task();
    return undefined;
  } catch (error) {
    return error;
  }
}

function assertRefusal(error: unknown, where: RegExp): void {
  assert.ok(error instanceof RegError, String(error));
  assert.equal(error.code, 'INVALID_CONFIG');
  assert.match(error.message, where);
  assert.ok(!`${error.message} ${error.context.hint ?? ''}`.includes(SECRET), error.message);
}
