import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { cwd, kill } from 'node:process';
import { test as nodeTest, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

import type { HelperOptions } from '../../src/credentials/helper-program.js';
import { Helper } from '../../src/credentials/helper.js';
import { hasCode, RegError } from '../../src/errors.js';
import { HELPERS, pathWith, writeHelper } from '../support/credential-helper.js';
import { temporaryFolder } from '../support/temp.js';

const SECRET = 's3cret-Wörd.42';
const WHERE = 'credsStore in "config.json"';
const LOGIN = { username: 'ann', password: SECRET };
const ANSWER = JSON.stringify({ ServerURL: 'ghcr.io', Username: 'ann', Secret: SECRET });

function test(name: string, run: (t: TestContext) => Promise<void>): void {
  nodeTest(name, HELPERS, run);
}

interface Made {
  readonly helper: Helper;
  readonly folder: string;
  readonly warnings: readonly string[];
}

/** A helper `test` that is this shell script; `$DIR` is its folder. */
async function make(t: TestContext, script: string, options: Partial<HelperOptions> = {}): Promise<Made> {
  const folder = await temporaryFolder(t);
  await writeHelper(folder, 'test', script);
  const warnings: string[] = [];
  const helper = new Helper(
    { name: 'test', where: WHERE },
    {
      env: { PATH: pathWith(folder), DIR: folder },
      onNotice: ({ message }) => warnings.push(message),
      ...options,
    },
  );
  return { helper, folder, warnings };
}

/** The call fails, names the helper and what asked for it, and nothing of it, however deep, holds the secret. */
async function fails(call: Promise<unknown>, ...says: readonly RegExp[]): Promise<void> {
  const error = await call.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  assert.ok(hasCode(error, 'CREDENTIALS_UNAVAILABLE'), inspect(error));
  const all = `${error.message} ${error.context.hint}`;
  for (const pattern of [/ghcr\.io/, /docker-credential-test/, /credsStore in "config\.json"/, ...says]) {
    assert.match(all, pattern);
  }
  assert.doesNotMatch(inspect(error, { depth: 10 }), /s3cret|Wörd|W\\u00f6rd/);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  assert.doesNotMatch(all, /[\u0000-\u001f\u007f-\u009f]/);
  assert.ok(all.length < 600, all);
}

/** The number of a process that the script wrote down; it ends with the test. */
async function noted(t: TestContext, folder: string): Promise<number> {
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
  assert.ok(pid > 0);
  t.after(() => void (isRunning(pid) && kill(pid, 'SIGKILL')));
  return pid;
}

function isRunning(pid: number): boolean {
  try {
    return kill(pid, 0);
  } catch {
    return false;
  }
}

async function hasEnded(pid: number): Promise<void> {
  for (let tries = 0; isRunning(pid) && tries < 500; tries++) await sleep(10);
  assert.ok(!isRunning(pid), 'it still runs');
}

test('a helper is asked for a login as docker asks it', async (t) => {
  const { helper, folder } = await make(t, `cat > $DIR/$1; echo '${ANSWER}'`);
  assert.deepEqual(await helper.get('ghcr.io'), LOGIN);
  assert.equal(await readFile(join(folder, 'get'), 'utf8'), 'ghcr.io');
  await helper.get('docker.io');
  assert.equal(await readFile(join(folder, 'get'), 'utf8'), 'https://index.docker.io/v1/');
});

test('a helper is given a login on its standard input alone, as docker gives it', async (t) => {
  const { helper, folder } = await make(t, 'cat > $DIR/$1; echo "$#" > $DIR/count; env > $DIR/env');
  await helper.store('docker.io', LOGIN);
  assert.deepEqual(JSON.parse(await readFile(join(folder, 'store'), 'utf8')), {
    ServerURL: 'https://index.docker.io/v1/',
    Username: 'ann',
    Secret: SECRET,
  });
  assert.equal(await readFile(join(folder, 'count'), 'utf8'), '1\n');
  assert.doesNotMatch(await readFile(join(folder, 'env'), 'utf8'), /s3cret/);
  await helper.store('ghcr.io', { identityToken: SECRET });
  assert.deepEqual(JSON.parse(await readFile(join(folder, 'store'), 'utf8')), {
    ServerURL: 'ghcr.io',
    Username: '<token>',
    Secret: SECRET,
  });
  await fails(helper.store('ghcr.io', { registryToken: SECRET }), /cannot keep a token/);
});

test('a helper forgets, and may say that it had nothing', async (t) => {
  const { helper, folder } = await make(t, 'cat > $DIR/$1');
  assert.equal(await helper.erase('ghcr.io'), true);
  assert.equal(await readFile(join(folder, 'erase'), 'utf8'), 'ghcr.io');
  const empty = await make(t, 'echo credentials not found in native keychain; exit 1');
  assert.equal(await empty.helper.erase('ghcr.io'), false);
});

test('a helper sees the environment that it is given, and no other', async (t) => {
  const { helper, folder } = await make(t, `env > $DIR/env; echo '${ANSWER}'`);
  await helper.get('ghcr.io');
  const seen = await readFile(join(folder, 'env'), 'utf8');
  assert.match(seen, /^DIR=/m);
  assert.doesNotMatch(seen, /^(HOME|NODE_TEST_CONTEXT)=/m);
});

test('a secret of the user <token> is an identity token', async (t) => {
  const { helper } = await make(t, `echo '{"Username":"<token>","Secret":"${SECRET}"}'`);
  assert.deepEqual(await helper.get('ghcr.io'), { identityToken: SECRET });
});

test('a password may have several lines, as the keys of Google have', async (t) => {
  const { helper, folder } = await make(t, 'cat $DIR/answer');
  const login = { username: '_json_key', password: '{\n\t"private_key": "x"\r\n}\n' };
  const answer = { Username: login.username, Secret: login.password };
  await writeFile(join(folder, 'answer'), JSON.stringify(answer));
  assert.deepEqual(await helper.get('ghcr.io'), login);
});

for (const [where, redirect] of [
  ['standard output', ''],
  ['standard error', '>&2'],
] as const) {
  test(`"credentials not found" on the ${where} is no failure`, async (t) => {
    const script = `echo 'credentials not found in native keychain' ${redirect}; exit 1`;
    const { helper, warnings } = await make(t, script);
    assert.equal(await helper.get('ghcr.io'), undefined);
    assert.deepEqual(warnings, []);
  });
}

for (const answer of ['{"ServerURL":"ghcr.io","Username":"","Secret":""}', '{}', '{"Username":null}']) {
  test(`the empty login ${answer} is none, with a note`, async (t) => {
    const { helper, warnings } = await make(t, `echo '${answer}'`);
    assert.equal(await helper.get('ghcr.io'), undefined);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /docker-credential-test .*ghcr\.io/);
  });
}

test('a helper that is not installed is named', async (t) => {
  const { helper } = await make(t, '', { env: { PATH: await temporaryFolder(t) } });
  const missing = /docker-credential-test is not on the PATH/;
  await fails(helper.get('ghcr.io'), missing, /^no login for ghcr\.io/, /reg login ghcr\.io/);
  await fails(helper.store('ghcr.io', LOGIN), missing, /^cannot keep/);
  await fails(helper.erase('ghcr.io'), missing, /^cannot remove/);
  await fails(helper.check('ghcr.io'), missing);
  await fails((await make(t, '', { env: {} })).helper.get('ghcr.io'), missing);
});

test('a file that is no program, a directory, and what lies where we happen to stand are not run', async (t) => {
  const { folder } = await make(t, `touch $DIR/ran; echo '${ANSWER}'`);
  const file = await temporaryFolder(t);
  await writeFile(join(file, 'docker-credential-test'), '#!/bin/sh\n');
  const there = await temporaryFolder(t);
  await mkdir(join(there, 'docker-credential-test'));
  for (const PATH of [file, there, relative(cwd(), folder), `${file}::${there}:.`]) {
    const { helper } = await make(t, '', { env: { PATH, DIR: folder } });
    await fails(helper.get('ghcr.io'), /is not on the PATH/);
  }
  await assert.rejects(readFile(join(folder, 'ran')), { code: 'ENOENT' });
  const { helper } = await make(t, '', { env: { PATH: `${file}:${there}:${folder}`, DIR: folder } });
  assert.deepEqual(await helper.get('ghcr.io'), LOGIN);
});

test('a helper whose interpreter is missing cannot be started', async (t) => {
  const { helper, folder } = await make(t, '');
  await writeFile(join(folder, 'docker-credential-test'), '#!/no/such/shell\n');
  await chmod(join(folder, 'docker-credential-test'), 0o755);
  await fails(helper.get('ghcr.io'), /cannot be started: its interpreter is missing/);
});

for (const name of ['../../evil', 'a b', '', '.', '-x', '/bin/sh', 'a\\b', 'a;b', '$(id)', 'a\nb', 'ä']) {
  test(`the name ${JSON.stringify(name)} is refused, and what named it is named`, async () => {
    assert.throws(
      () => new Helper({ name, where: WHERE }, { env: {} }),
      (error) => hasCode(error, 'INVALID_CONFIG') && error.message.startsWith(WHERE),
    );
  });
}

test('a host that is two lines is asked of nobody', async (t) => {
  const { helper, folder } = await make(t, 'touch $DIR/ran');
  for (const host of ['ghcr.io\nevil.test', 'ghcr.io\0', 'ghcr.io evil.test', '\u0085']) {
    await assert.rejects(helper.get(host), (error) => hasCode(error, 'INVALID_ARGUMENT'));
  }
  await assert.rejects(readFile(join(folder, 'ran')), { code: 'ENOENT' });
});

test('a helper that hangs is stopped, and named', async (t) => {
  const { helper, folder } = await make(t, 'echo $$ > $DIR/pid; exec sleep 600', { timeLimitMs: 500 });
  await fails(helper.get('ghcr.io'), /did not end within 0\.5 s/);
  await hasEnded(await noted(t, folder));
});

test('a helper is stopped when nobody waits for it any longer', async (t) => {
  const leaving = new AbortController();
  const { helper, folder } = await make(t, 'echo $$ > $DIR/pid; echo > $DIR/ready; exec sleep 600', {
    signal: leaving.signal,
  });
  const asked = helper.get('ghcr.io');
  const aborted = assert.rejects(asked, (error) => hasCode(error, 'ABORTED'));
  while ((await readFile(join(folder, 'ready')).catch(() => undefined)) === undefined) await sleep(10);
  leaving.abort();
  await aborted;
  await hasEnded(await noted(t, folder));
});

test('a helper that ends is not waited for any longer, although a child of its own holds the pipe', async (t) => {
  const { helper, folder } = await make(t, `sleep 600 & echo $! > $DIR/pid; echo '${ANSWER}'`);
  assert.deepEqual(await helper.get('ghcr.io'), LOGIN);
  assert.ok(isRunning(await noted(t, folder)), 'the child ended first, so nothing is proved');
});

for (const redirect of ['', '>&2']) {
  test(`a helper that writes without end ${redirect || '> stdout'} is stopped`, async (t) => {
    const { helper, folder } = await make(t, `echo $$ > $DIR/pid; exec yes '${SECRET}' ${redirect}`);
    await fails(helper.get('ghcr.io'), /wrote more than 64 KiB/);
    await hasEnded(await noted(t, folder));
  });
}

test('a helper that does not read is no failure', async (t) => {
  const { helper } = await make(t, 'exec <&-; exit 0');
  await helper.store('ghcr.io', { username: 'ann', password: 'x'.repeat(1_000_000) });
});

for (const [what, answer] of [
  ['that is cut off', ANSWER.slice(0, -1)],
  ['of two values', ANSWER + ANSWER],
  ['with a key twice', `{"${SECRET}":1,"${SECRET}":2}`],
  ['that is text', JSON.stringify(SECRET)],
  ['that is a list', JSON.stringify([SECRET])],
  ['with a list for a secret', JSON.stringify({ Username: 'ann', Secret: [SECRET] })],
  ['with a number for a user', JSON.stringify({ Username: 1, Secret: SECRET })],
  ['with an escape in the secret', JSON.stringify({ Username: 'ann', Secret: `${SECRET}\u001b[2J` })],
  ['with a line break in the user', JSON.stringify({ Username: 'a\r\nb', Secret: SECRET })],
  ['that is empty', ''],
] as const) {
  test(`an answer ${what} is a failure that does not quote it`, async (t) => {
    const { helper, folder } = await make(t, 'cat $DIR/answer');
    await writeFile(join(folder, 'answer'), answer);
    await fails(helper.get('ghcr.io'), /answers with/);
  });
}

test('an answer that is not UTF-8 is a failure', async (t) => {
  const { helper } = await make(t, String.raw`printf '{"Username":"a","Secret":"\377"}'`);
  await fails(helper.get('ghcr.io'), /not JSON/);
});

test('what a helper says when it fails is shown', async (t) => {
  const { helper } = await make(t, `echo '${ANSWER}'; echo "gpg: no such key" >&2; exit 2`);
  await fails(helper.get('ghcr.io'), /docker-credential-test failed \(exit code 2\): gpg: no such key/);
});

for (const said of [
  SECRET,
  `got "${SECRET}", which is wrong`,
  `password=${SECRET};`,
  JSON.stringify(SECRET),
  's3cr\u001bet-Wörd.42',
]) {
  test(`a failure with the secret on both streams (${JSON.stringify(said)}) does not show it`, async (t) => {
    const { helper, folder } = await make(t, 'cat $DIR/answer; cat $DIR/said >&2; exit 1');
    await writeFile(join(folder, 'answer'), ANSWER.replace('ö', '\\u00f6'));
    await writeFile(join(folder, 'said'), `cannot do it: ${said}`);
    await fails(helper.get('ghcr.io'), /failed \(exit code 1\): cannot do it/);
  });
}

test('a failure to store with the secret on the standard error does not show it', async (t) => {
  const { helper } = await make(t, 'cat >&2; echo " is not what I like" >&2; exit 1');
  await fails(helper.store('ghcr.io', LOGIN), /cannot keep the login for ghcr\.io.*is not what I like/);
});

test('what a helper says is cleaned of escapes, and cut', async (t) => {
  const { helper } = await make(
    t,
    `printf '\\033[2J\\033]0;x\\007all\\nbad\\n' >&2; yes x | head -9999 >&2; exit 1`,
  );
  await fails(helper.get('ghcr.io'), /all bad x x/);
});

for (const [said, means] of [
  ['Cannot autolaunch D-Bus without X11 $DISPLAY', /no D-Bus session/],
  ['The name org.freedesktop.secrets was not provided by any .service files', /no D-Bus session/],
  ['error getting credentials: User interaction is not allowed. (-25308)', /keychain is locked/],
  ['Cannot create an item in a locked collection', /keychain is locked/],
  ['pass not initialized: exit status 1', /password store is not set up/],
] as const) {
  test(`${JSON.stringify(said)} is told in words of our own, with what to do instead`, async (t) => {
    const { helper } = await make(t, `echo '${said}'; exit 1`);
    await fails(helper.get('ghcr.io'), means, /reg login ghcr\.io/);
  });
}

test('a helper that was killed failed', async (t) => {
  const { helper } = await make(t, 'kill -9 $$');
  await fails(helper.get('ghcr.io'), /failed \(killed\)/);
});

test('every failure is a RegError', async (t) => {
  const { helper } = await make(t, 'exit 3');
  await assert.rejects(helper.get('ghcr.io'), RegError);
});
