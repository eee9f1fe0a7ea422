import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath, platform } from 'node:process';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';

import { createChain } from '../../src/credentials/chain.js';
import { OsKeychain, type KeychainOptions } from '../../src/credentials/os-keychain.js';
import { hasCode, type ErrorCode } from '../../src/errors.js';
import { thisProcess } from '../layout/stores.js';
import { temporaryFolder } from '../support/temp.js';

const SECRET = 's3cret-Wörd.42';
const LOGIN = { username: 'ann', password: SECRET };

interface Made {
  readonly keychain: OsKeychain;
  readonly index: string;
  /** What the program was told so far, each time with its action before. */
  readonly told: () => Promise<readonly string[]>;
}

/** A keychain behind a program that notes what it is told, and then does what the script says. */
async function make(t: TestContext, script: string, options: Partial<KeychainOptions> = {}): Promise<Made> {
  const folder = await temporaryFolder(t);
  const [index, log] = [join(folder, 'keychain.json'), join(folder, 'log')];
  const program = join(folder, 'keychain.cjs');
  const note = `const input = fs.readFileSync(0, 'utf8'); fs.appendFileSync(${JSON.stringify(log)}, action + ' ' + input + '\\n');`;
  const text = `const fs = require('node:fs'); const action = process.argv[2]; ${note} ${script}`;
  await writeFile(program, text);
  const command = { path: execPath, args: [program] };
  const keychain = new OsKeychain({ index, command, env: {}, ...options });
  const told = async (): Promise<readonly string[]> =>
    existsSync(log) ? (await readFile(log, 'utf8')).trim().split(/\n+/) : [];
  return { keychain, index, told };
}

const ANSWER = `if (action === 'get') console.log(JSON.stringify({ Username: 'ann', Secret: ${JSON.stringify(SECRET)} }));`;
const NOTHING = `console.log('credentials not found in native keychain'); process.exit(1);`;

async function fails(call: Promise<unknown>, code: ErrorCode, ...says: readonly RegExp[]): Promise<void> {
  const error = await call.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  assert.ok(hasCode(error, code), inspect(error));
  for (const pattern of says) assert.match(`${error.message}. ${error.context.hint}`, pattern);
  assert.doesNotMatch(inspect(error, { depth: 10 }), /s3cret|Wörd/);
}

test('the keychain is not touched for a host that nobody put there, not even to forget it', async (t) => {
  const { keychain, index, told } = await make(t, ANSWER);
  assert.equal(await keychain.get('ghcr.io'), undefined);
  assert.equal(await keychain.erase('ghcr.io', thisProcess), false);
  assert.deepEqual(await told(), []);
  assert.ok(!existsSync(index));
});

test('what is kept is found, under its host alone, and the index holds no secret', async (t) => {
  const { keychain, index, told } = await make(t, ANSWER);
  await keychain.store('ghcr.io', LOGIN, thisProcess);
  assert.deepEqual(await keychain.get('ghcr.io'), LOGIN);
  assert.equal(await keychain.get('ghcr.io:443'), undefined);
  assert.deepEqual(JSON.parse(await readFile(index, 'utf8')), { logins: { 'ghcr.io': 'ann' } });
  if (platform !== 'win32') assert.equal((await stat(index)).mode & 0o777, 0o600);
  assert.equal(await keychain.erase('ghcr.io', thisProcess), true);
  assert.deepEqual(await keychain.list(), new Map());
  const [store = '', ...others] = await told();
  assert.deepEqual(JSON.parse(store.replace('store ', '')), {
    ServerURL: 'ghcr.io',
    Username: 'ann',
    Secret: SECRET,
  });
  assert.deepEqual(others, ['get ghcr.io', 'erase ghcr.io']);
});

test('of an identity token the user is known from the index', async (t) => {
  const { keychain } = await make(t, `console.log('{"Username":"<token>","Secret":"abc"}')`);
  await keychain.store('ghcr.io', { username: 'ann', identityToken: 'abc' }, thisProcess);
  assert.deepEqual(await keychain.get('ghcr.io'), { username: 'ann', identityToken: 'abc' });
});

test('what somebody else took out of the keychain is no login, and can be forgotten', async (t) => {
  const { keychain, index } = await make(t, NOTHING);
  await writeFile(index, '{"logins":{"ghcr.io":"ann"}}');
  assert.equal(await keychain.get('ghcr.io'), undefined);
  assert.equal(await keychain.erase('ghcr.io', thisProcess), true);
  assert.deepEqual(await keychain.list(), new Map());
});

test('a keychain that does not answer is given up, and its program ended', async (t) => {
  const { keychain, index } = await make(t, 'setInterval(() => {}, 1000)', { timeLimitMs: 500 });
  await writeFile(index, '{"logins":{"ghcr.io":"ann"}}');
  const says = [/^no login for ghcr\.io: the OS keychain did not end within 0\.5 s/, /Unlock it/] as const;
  await fails(keychain.get('ghcr.io'), 'CREDENTIALS_UNAVAILABLE', ...says);
  await fails(keychain.erase('ghcr.io', thisProcess), 'CREDENTIALS_UNAVAILABLE', /cannot remove/);
  await fails(keychain.store('quay.io', LOGIN, thisProcess), 'CREDENTIALS_UNAVAILABLE', /cannot keep/);
  assert.deepEqual(await keychain.list(), new Map([['ghcr.io', 'ann']]));
});

for (const [what, script, says] of [
  ['crashes', 'process.abort()', /the OS keychain cannot be used/],
  ['answers nonsense', 'console.log("<html>")', /answers with something that is not JSON/],
  ['talks without end', 'setInterval(() => console.log("x".repeat(10000)), 1)', /more than 64 KiB/],
  [
    'is locked',
    'console.error("Cannot create an item in a locked collection"); process.exit(1)',
    /is locked/,
  ],
  ['is there no more', 'console.error("Cannot autolaunch D-Bus"); process.exit(3)', /no D-Bus session/],
  ['repeats the secret', `console.log('${SECRET}'); console.error('${SECRET}'); process.exit(1)`, /./],
] as const) {
  test(`a keychain that ${what} is one line, and no login`, async (t) => {
    const { keychain, index } = await make(t, script);
    await writeFile(index, '{"logins":{"ghcr.io":"ann"}}');
    await fails(keychain.get('ghcr.io'), 'CREDENTIALS_UNAVAILABLE', /^no login for ghcr\.io: /, says);
  });
}

test('that there is no keychain is told from one that refuses, and nothing is noted then', async (t) => {
  const none = await make(t, 'console.error("Cannot find package"); process.exit(3)');
  const says = [/there is no keychain here \(its library/, /--store helper:NAME/] as const;
  await fails(none.keychain.store('ghcr.io', LOGIN, thisProcess), 'UNSUPPORTED', ...says);
  const locked = await make(t, `console.error("in a locked collection ${SECRET}"); process.exit(1)`);
  await fails(locked.keychain.store('ghcr.io', LOGIN, thisProcess), 'CREDENTIALS_UNAVAILABLE', /locked/);
  assert.ok(!existsSync(none.index) && !existsSync(locked.index));
});

test('a program that a bundler left out is no keychain', async (t) => {
  const index = join(await temporaryFolder(t), 'keychain.json');
  // In src there is no keychain.js.
  const keychain = new OsKeychain({ index, env: {} });
  await fails(keychain.store('ghcr.io', LOGIN, thisProcess), 'UNSUPPORTED', /is not installed/);
});

for (const [what, text, says] of [
  ['cut off', '{"logins":', /keychain\.json" is not JSON: it is cut off/],
  ['with a list', '{"logins":["ghcr.io"]}', /"logins" is not an object/],
  ['with a number', '{"logins":{"ghcr.io":1}}', /not a string/],
] as const) {
  test(`an index that is ${what} is an error that names it`, async (t) => {
    const { keychain, index } = await make(t, ANSWER);
    await writeFile(index, text);
    await fails(keychain.get('ghcr.io'), 'INVALID_CONFIG', says);
  });
}

test('the keychain is asked last; and first where config.json names our own helper', async (t) => {
  const { index } = await make(t, ANSWER);
  const dockerConfig = join(index, '..', 'config.json');
  const auth = Buffer.from('file:pw').toString('base64');
  await writeFile(dockerConfig, JSON.stringify({ auths: { 'ghcr.io': { auth } } }), { mode: 0o600 });
  await writeFile(index, '{"logins":{"ghcr.io":"ann","quay.io":"ann"}}');
  const chain = createChain({ dockerConfig, keychainIndex: index, env: {} });
  const found = await chain({ host: 'ghcr.io' });
  assert.deepEqual(found?.credential, { username: 'file', password: 'pw' });
  // From src there is no keychain; that it is looked for is what counts here.
  await fails(chain({ host: 'quay.io' }), 'CREDENTIALS_UNAVAILABLE', /keychain/);
  await writeFile(dockerConfig, JSON.stringify({ auths: { 'ghcr.io': { auth } }, credsStore: 'reg' }));
  const own = createChain({ dockerConfig, keychainIndex: index, env: {} });
  await fails(own({ host: 'ghcr.io' }), 'CREDENTIALS_UNAVAILABLE', /keychain/);
});
