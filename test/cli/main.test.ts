import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { execPath, platform, version as nodeVersion } from 'node:process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { reg } from '../support/reg.js';

const BIN = fileURLToPath(new URL('../../bin/reg.js', import.meta.url));
const GOLDEN = new URL('../golden/references.jsonl', import.meta.url);
/** What docker takes and reg does not: an empty domain, and a port out of range. */
const STRICTER = /^(foo_bar\.com\/app|example\.com:750050\/app)$/;

test('The help is shown to who asks for it, or for nothing', async (t) => {
  const helps = await Promise.all([[], ['help'], ['-h'], ['--help', 'x']].map((args) => reg(t, args)));
  for (const { stdout, stderr, code } of helps) {
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^Usage: reg \[options\] \[command\]\n[^]*^ {2}pull {2,}pull images/m);
  }
});

test('A mistake in the arguments is told in one line, with exit code 2', async (t) => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['pul', 'nginx'], /unknown command "pul"\. Did you mean "pull"\?/],
    [['pull'], /the image is missing\. Run "reg pull --help"\./],
    [['ls'], /unknown command "ls"\. Did you mean "images" or "tags"\?/],
    [['copy', 'a', 'b', 'c'], /"copy" takes 2 arguments, and got 3\./],
    [['load', 'images.tar'], /"load" takes no arguments, and got 1\./],
    [['artifact', 'push', '127.0.0.1:1/a'], /there is no file to push\. Name files, /],
    [['artifact', 'attach', 'a'], /--artifact-type is missing\./],
    [['completion', 'tcsh'], /invalid shell "tcsh"\. Allowed choices are /],
    [['pull', '--platfrom', 'x', 'nginx'], /unknown option "--platfrom"\. Did you mean "--platform"\?/],
    [['pull', 'nginx', '--store'], /--store needs a value/],
    [['images', 'too', 'many'], /"images" takes one argument, and got 2\./],
    [['pull', '-img'], /unknown option "-img"/],
    [['pull', '--', '-img'], /invalid reference "-img"/],
    [['pull', ''], /invalid reference/],
    [
      ['pull', '--progress', 'loud', 'nginx'],
      /invalid --progress "loud"\. Allowed choices are auto, tty, plain, json, none/,
    ],
    [['pull', '--idle-timeout', 'soon', 'nginx'], /invalid --idle-timeout "soon"/],
    [['pull', '--resolve', 'a:1', 'nginx'], /HOST:PORT:ADDRESS/],
    [['pull', '--concurrency', '0', 'nginx'], /1 to 64/],
    [['pull', '--connections', '65', 'nginx'], /invalid --connections "65"\. Give a number from 1 to 64/],
    [['images', '--json', '--quiet'], /--json cannot be used with --quiet\./],
    [
      ['--debug', 'pull', 'nginx'],
      /unknown option "--debug"\. Options stand behind the command: "reg pull --debug"\./,
    ],
    [['--store', 'x', 'images'], /unknown option "--store"/],
    [['ref', '\u001b[2J\nforged'], /invalid reference/],
  ];
  await Promise.all(
    cases.map(async ([args, expected]) => {
      const { code, stdout, stderr } = await reg(t, args);
      assert.equal(code, 2, args.join(' '));
      assert.equal(stdout, '');
      assert.match(stderr, expected);
      assert.match(stderr, /^reg: \P{Cc}+\n$/u, args.join(' '));
    }),
  );
});

test('The versions are printed, for programs as JSON, and nothing else', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const [long, short, json] = await Promise.all(
    [['version'], ['-v'], ['--version', '--json']].map((args) => reg(t, args)),
  );
  assert.ok(long?.stdout.startsWith(`reg ${version} (node ${nodeVersion.slice(1)}, `));
  assert.equal(short?.stdout, long?.stdout);
  assert.equal(JSON.parse(json?.stdout ?? '').reg, version);
  assert.equal(long?.stderr, '');
});

test('Every reference of the golden table, read from standard input, gives what the table says', async (t) => {
  const cases = readFileSync(GOLDEN, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((entry) => !/[\r\n]/.test(entry.in));
  const stdin = cases.map((entry) => `${entry.in}\n`).join('');
  const { code, stdout } = await reg(t, ['ref', '--json', '-'], { stdin });
  const results = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(code, 2);
  assert.equal(results.length, cases.length);
  for (const [at, { in: input, ok, ...parts }] of cases.entries()) {
    const { error, ...result } = results[at];
    if (error === undefined) {
      const { tag, digest } = parts;
      assert.deepEqual(result, { input, ok, ...parts, tag: tag || null, digest: digest || null });
    } else {
      assert.deepEqual(result, { input, ok: false });
      assert.ok(!ok || STRICTER.test(input), `${input}: ${error}`);
    }
  }
});

test('The parts of references are aligned for people', async (t) => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const { code, stdout } = await reg(t, ['ref', `ghcr.io/owner/app:1.0@${digest}`]);
  assert.equal(code, 0);
  assert.deepEqual(stdout.split('\n'), [
    `ghcr.io/owner/app:1.0@${digest}`,
    '  domain    ghcr.io',
    '  path      owner/app',
    '  tag       1.0',
    `  digest    ${digest}`,
    `  familiar  ghcr.io/owner/app:1.0@${digest}`,
    `  pull      ghcr.io/owner/app@${digest}`,
    '',
  ]);
});

test(
  'A signal ends a command that waits, with its exit code and one line',
  { skip: platform === 'win32' },
  async (t) => {
    for (const [name, code, said] of [
      ['SIGINT', 130, 'interrupted'],
      ['SIGTERM', 143, 'terminated'],
    ] as const) {
      const child = spawn(execPath, [BIN, 'ref', '--json', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
      t.after(() => child.kill('SIGKILL'));
      let stderr = '';
      child.stderr.on('data', (chunk) => (stderr += String(chunk)));
      child.stdin.write('nginx\n');
      await once(child.stdout, 'data');
      child.kill(name);
      const [exitCode] = await once(child, 'close');
      assert.equal(exitCode, code);
      assert.equal(stderr, `reg: ${said}\n`);
    }
  },
);

test('A closed terminal ends a command without a word', { skip: platform === 'win32' }, async (t) => {
  const child = spawn(execPath, [BIN, 'ref', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  child.stdin.write('nginx\n');
  await once(child.stdout, 'data');
  child.kill('SIGHUP');
  const [exitCode] = await once(child, 'close');
  assert.deepEqual([exitCode, stderr], [129, '']);
});

test('A reader that goes away ends the command quietly', { skip: platform === 'win32' }, async (t) => {
  const child = spawn(execPath, [BIN, 'ref', '--json', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  child.stdin.on('error', () => {});
  child.stdin.write('nginx\n');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const feed = setInterval(() => child.stdin.write('nginx\n'.repeat(1000)), 10);
  const [exitCode] = await once(child, 'close');
  clearInterval(feed);
  assert.deepEqual([exitCode, stderr], [141, '']);
});

test('A standard output that is full is an error, not a crash', { skip: platform !== 'linux' }, async (t) => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(execPath, [BIN, 'ref', 'nginx'], { stdio: ['ignore', full, 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  closeSync(full);
  let stderr = '';
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  const [exitCode] = await once(child, 'close');
  assert.equal(exitCode, 8);
  assert.match(stderr, /^reg: cannot write the output: no space is left on the disk\n$/);
});

test('Without a terminal nobody can be asked, and the error names the flag', async (t) => {
  const [name, password] = await Promise.all([
    reg(t, ['login', 'localhost:1']),
    reg(t, ['login', '-u', 'me', 'localhost:1']),
  ]);
  assert.deepEqual([name?.code, password?.code], [2, 2]);
  assert.match(name?.stderr ?? '', /not a terminal.*--username/);
  assert.match(password?.stderr ?? '', /not a terminal.*--password-stdin/);
});
