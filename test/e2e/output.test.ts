/** What scripts build upon: what is on which stream, the JSON, and the exit codes. */

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { reply, startHttpServer } from '../support/http-server.js';
import { writeLayout } from '../support/image-files.js';
import { image, index, layer } from '../support/images.js';
import type { TestGraph, TestImage } from '../support/images.js';
import { listen } from '../support/listen.js';
import { createPerson } from '../support/person.js';
import type { Person } from '../support/person.js';
import { startServe } from '../support/serve.js';
import type { Scope } from '../support/temp.js';

/** One registry for all tests of this file: `reg serve` with `team/app:1`, an index of two platforms. */
const { host, name, made, amd64 } = await startFilled({ after });

const AMD64 = ['--platform', 'linux/amd64'];

test('pull -q prints the full name and nothing else', async (t) => {
  const me = await createPerson(t);
  const { stdout, stderr } = await me.reg(['pull', '-q', ...AMD64, name]);
  assert.deepEqual({ stdout, stderr }, { stdout: `${name}\n`, stderr: '' });
});

test('pull --json prints one object', async (t) => {
  const me = await createPerson(t);
  const common = {
    reference: name,
    familiar: name,
    digest: made.descriptor.digest,
    manifest: amd64.descriptor.digest,
    platform: 'linux/amd64',
  };
  const first = await me.reg(['pull', '--json', ...AMD64, name]);
  const sizes = [amd64.bytes.length, ...[...amd64.blobs.values()].map(({ size }) => size)];
  const fetched = sizes.reduce((sum, size) => sum + size, 0);
  assert.deepEqual(JSON.parse(first.stdout), { ...common, status: 'downloaded', fetched });
  const second = await me.reg(['pull', '--json', ...AMD64, name]);
  assert.deepEqual(JSON.parse(second.stdout), { ...common, status: 'up-to-date', fetched: 0 });
});

test('push prints the digest, -q the full name, and --json what became of the bytes', async (t) => {
  const me = await pulled(t);
  const to = (tag: string): string => `${host}/output/app:${tag}`;
  for (const tag of ['1', '2', '3']) await me.reg(['tag', name, to(tag)]);
  const { digest } = amd64.descriptor;
  const plain = await me.reg(['push', to('1')]);
  assert.match(plain.stdout, new RegExp(`^${to('1')}: digest: ${digest}( size: \\d+)?\n$`));
  const quiet = await me.reg(['push', '-q', to('2')]);
  assert.deepEqual([quiet.stdout, quiet.stderr], [`${to('2')}\n`, '']);
  const json = await me.reg(['push', '--json', to('3'), '--tag', '4']);
  const results = lines(json.stdout);
  assert.deepEqual(
    results.map(({ reference, digest: pushed }) => [reference, pushed]),
    [
      [to('3'), digest],
      [to('4'), digest],
    ],
  );
  for (const { bytes } of results)
    assert.deepEqual(Object.keys(Object(bytes)).sort(), ['exists', 'mounted', 'written']);
});

test('images lists the store: as a table, as names, as JSON', async (t) => {
  const me = await pulled(t);
  await me.reg(['tag', name, 'myorg/other:2']);
  assert.equal((await me.reg(['images', '-q'])).stdout, `${name}\ndocker.io/myorg/other:2\n`);
  const table = (await me.reg(['images'])).stdout.split('\n');
  assert.match(table[0] ?? '', /^REPOSITORY +TAG +DIGEST +PLATFORM +SIZE$/);
  assert.match(table[2] ?? '', /^myorg\/other +2 +[0-9a-f]{12} +linux\/amd64 +\d/);
  const [, json] = lines((await me.reg(['images', '--json'])).stdout);
  const sizes = [amd64.bytes.length, ...[...amd64.blobs.values()].map((blob) => blob.size)];
  assert.deepEqual(json, {
    reference: 'docker.io/myorg/other:2',
    repository: 'myorg/other',
    tag: '2',
    digest: made.descriptor.digest,
    platform: 'linux/amd64',
    size: sizes.reduce((sum, size) => sum + size, 0),
    created: '1970-01-01T00:00:00Z',
  });
});

test('where there is nothing to list a person is told so, and a script gets nothing', async (t) => {
  const me = await createPerson(t);
  const cases: readonly (readonly [args: readonly string[], told: string])[] = [
    [['images'], `there are no images in "${me.store}". "reg pull NAME" brings one`],
    [['images', 'nope'], `there is no image nope in "${me.store}". "reg pull nope" brings it`],
    [['images', 'localhost:7071'], `there is no image localhost:7071 in "${me.store}"`],
    [['files', '--match', '*.none', ...AMD64, name], `no file in ${name} fits "*.none"`],
    [['attestations', ...AMD64, name], `nothing is attested of ${name}`],
    ...[['referrers'], ['artifact', 'list']].map(
      (command) =>
        [
          [...command, name],
          `nothing refers to ${name}. "reg tree ${name}" looks at its platforms and at cosign's tags, too`,
        ] as const,
    ),
  ];
  await Promise.all(
    cases.map(async ([args, told]) => {
      const { stdout, stderr } = await me.reg(args);
      assert.deepEqual([stdout, stderr], ['', `reg: ${told}\n`]);
      const quiet = await me.reg([...args, '-q']);
      assert.deepEqual([quiet.stdout, quiet.stderr], ['', '']);
    }),
  );
});

test('--format prints what a template makes of each result, and nothing else', async (t) => {
  const me = await createPerson(t);
  const pull = await me.reg(['pull', '--format', '{{.Digest}} {{upper .status}}', ...AMD64, name]);
  assert.equal(pull.stdout, `${made.descriptor.digest} DOWNLOADED\n`);
  await me.reg(['tag', name, 'myorg/other:2']);
  const table = ['images', '--format', String.raw`{{if ne .tag "1"}}{{.repository}}\t{{.tag}}{{end}}`];
  assert.equal((await me.reg(table)).stdout, 'myorg/other\t2\n');
  const columns = await me.reg(['images', '--format', String.raw`table {{.repository}}\t{{.tag}}`]);
  assert.match(columns.stdout, /^REPOSITORY {2,}TAG\n\S+ +1\nmyorg\/other +2\n$/);
  const layers = '{{range .image.layers}}{{.size}}{{"\\n"}}{{end}}';
  const inspected = await me.reg(['inspect', '--local', '--format', layers, name]);
  assert.equal(inspected.stdout, amd64.layers.map(({ blob }) => `${blob.size}\n`).join(''));
  const wrong = await me.fails(2, ['images', '--format', 'a {{.digset}}']);
  assert.match(
    wrong.stderr,
    /no key "digset", at character 5: .*\. The keys are reference, .*, created\.\n$/,
  );
  assert.equal(wrong.stdout, '');
});

test('rmi, prune and verify say what they did', async (t) => {
  const me = await pulled(t);
  const verified = JSON.parse((await me.reg(['verify', '--json'])).stdout) as Record<string, unknown>;
  assert.equal(verified['checked'], 1 + amd64.blobs.size);
  assert.deepEqual(verified['problems'], []);
  assert.equal((await me.reg(['rmi', name])).stdout, `Untagged: ${name}\n`);
  const freed = JSON.parse((await me.reg(['prune', '--json'])).stdout) as Record<string, unknown>;
  assert.equal(freed['blobs'], 1 + amd64.blobs.size);
  assert.equal((await me.reg(['images'])).stdout.trim().split('\n').length, 1);
  await me.fails(3, ['rmi', name]);
});

test('a damaged blob is found by verify, and mended by pull', async (t) => {
  const me = await pulled(t);
  const [digest = ''] = [...amd64.blobs.keys()].slice(1);
  await writeFile(join(me.store, 'blobs', 'sha256', digest.replace('sha256:', '')), 'something else');
  const { stdout } = await me.fails(8, ['verify']);
  assert.match(stdout, new RegExp(`^${digest}: `));
  await me.reg(['pull', ...AMD64, name]);
  await me.reg(['verify']);
});

test('inspect shows platforms and layers, and with --raw the very bytes', async (t) => {
  const me = await createPerson(t);
  assert.equal((await me.reg(['inspect', '--raw', name])).stdout, made.bytes.toString());
  const seen = JSON.parse((await me.reg(['inspect', '--json', ...AMD64, name])).stdout) as Record<
    string,
    unknown
  >;
  assert.equal(seen['digest'], made.descriptor.digest);
  const text = (await me.reg(['inspect', ...AMD64, name])).stdout;
  for (const expected of ['linux/amd64', 'linux/arm64', made.descriptor.digest])
    assert.ok(text.includes(expected), text);
});

test('progress is on standard error only: lines, JSON, or none', async (t) => {
  const run = async (mode: string): Promise<{ readonly stdout: string; readonly stderr: string }> =>
    (await createPerson(t)).reg(['pull', '--progress', mode, ...AMD64, name]);
  const [plain, json, none, auto] = await Promise.all(['plain', 'json', 'none', 'auto'].map(run));
  assert(plain !== undefined && json !== undefined && none !== undefined && auto !== undefined);
  for (const { stdout } of [json, none, auto]) assert.equal(stdout, plain.stdout);
  assert.equal(none.stderr, '');

  const layers = amd64.layers.map(({ blob }) => blob.digest.replace('sha256:', '').slice(0, 12));
  for (const id of layers) assert.match(plain.stderr, new RegExp(`^${id}: Pull complete`, 'm'));
  assert.match(plain.stderr, new RegExp(`^Pulled ${name}: 2 layers, `, 'm'));
  // Standard error is no terminal here.
  assert.match(auto.stderr, /^Pulled /m);
  assert.ok(!auto.stderr.includes('\u001b'), 'colours a file');

  const events = lines(json.stderr);
  assert.deepEqual(events[0], { type: 'begin', operation: 'pull', reference: name });
  const last = events.at(-1);
  assert.deepEqual([last?.['type'], last?.['operation'], last?.['outcome']], ['end', 'pull', 'done']);
  const done = events.filter(({ type }) => type === 'done').map(({ digest }) => String(digest));
  assert.deepEqual(done.sort(), [amd64.descriptor.digest, ...amd64.blobs.keys()].sort());
});

test('with --progress json an error is one JSON object, too', async (t) => {
  const me = await createPerson(t);
  const child = await me.start(['pull', '--progress', 'json', `${host}/team/app:missing`]);
  const { code, stderr, stdout } = await child.ended;
  const error = lines(stderr).at(-1);
  assert.deepEqual(
    { code, stdout, type: error?.['type'], name: error?.['code'], exit: error?.['exitCode'] },
    { code: 3, stdout: '', type: 'error', name: 'NOT_FOUND', exit: 3 },
  );
});

const misuses: Readonly<Record<string, readonly string[]>> = {
  'no image': ['pull'],
  'upper case in a name': ['pull', 'Nginx'],
  'a scheme before the name': ['pull', 'https://registry.test/app'],
  'a short digest': ['pull', 'nginx@sha256:abc'],
  'an unknown option': ['pull', '--no-such-option', 'nginx'],
  'an unknown command': ['fetch', 'nginx'],
  'a platform that is none': ['pull', '--platform', 'linux/amd64/v8/x', 'nginx'],
  '--quiet with --json': ['pull', '-q', '--json', 'nginx'],
  '--json with --format': ['pull', '--json', '--format', 'x', 'nginx'],
  'a template that is none': ['pull', '--format', '{{.digest', 'nginx'],
  'a rule that is none': ['pull', '--resolve', 'registry.test', 'nginx'],
  'an authority that is not there': ['pull', '--ca-file', 'nowhere.crt', 'nginx'],
  'a store that is a file': ['pull', '--store', 'file', 'nginx'],
};

for (const [what, args] of Object.entries(misuses)) {
  test(`${what} ends with 2 and one short message`, async (t) => {
    const me = await createPerson(t);
    await writeFile(join(me.home, 'file'), 'not a directory');
    const { stdout, stderr } = await me.fails(what === 'a store that is a file' ? 8 : 2, args);
    assert.equal(stdout, '');
    assert.ok(stderr.trimEnd().split('\n').length <= 2, stderr);
  });
}

test('what is not there ends with 3', async (t) => {
  const me = await createPerson(t);
  await me.fails(3, ['pull', `${host}/team/app:missing`]);
  await me.fails(3, ['pull', `${host}/team/nothing:1`]);
  await me.fails(3, ['pull', '--platform', 'windows/amd64', name]);
  await me.fails(3, ['push', `${host}/team/not-here:1`]);
  await me.fails(3, ['inspect', '--local', name]);
  await me.fails(3, ['tag', 'nginx', 'other']);
});

test('a port where nobody listens ends with 5, and the message names it', async (t) => {
  const { port, close } = await listen(t, createServer());
  await close();
  const me = await createPerson(t);
  const { stderr } = await me.fails(5, ['pull', `127.0.0.1:${port}/app:1`]);
  assert.ok(stderr.includes(`127.0.0.1:${port}`), stderr);
});

test('a server that is no registry is called that', async (t) => {
  const server = await startHttpServer(t, (exchange) =>
    reply(exchange, 200, {
      headers: { 'content-type': 'text/html' },
      body: '<html>Please log in to the wifi</html>',
    }),
  );
  const me = await createPerson(t);
  const child = await me.start(['pull', `${server.host}/app:1`]);
  const { code, stderr, stdout } = await child.ended;
  assert.ok(code === 6 || code === 7, `ended with ${code}`);
  assert.doesNotMatch(stderr, /<html>/);
  assert.equal(stdout, '');
});

test('a plain http registry that is not on loopback needs a flag', async (t) => {
  const me = await createPerson(t);
  const to = ['--resolve', `registry.test:80:${host}`, '--resolve', `registry.test:443:${host}`];
  const { stderr } = await me.fails(5, ['pull', ...to, ...AMD64, 'registry.test/team/app:1']);
  assert.match(stderr, /--plain-http/);
  await me.reg(['pull', '--plain-http', ...to, ...AMD64, 'registry.test/team/app:1']);
});

test('ref takes references apart, one JSON object each', async (t) => {
  const me = await createPerson(t);
  const { stdout } = await me.fails(2, ['ref', '--json', 'nginx', '-', 'Bad'], { stdin: 'ghcr.io/o/a:1\n' });
  assert.deepEqual(lines(stdout).slice(0, 2), [
    {
      input: 'nginx',
      ok: true,
      domain: 'docker.io',
      path: 'library/nginx',
      tag: null,
      digest: null,
      familiar: 'nginx',
      pull: 'docker.io/library/nginx:latest',
    },
    {
      input: 'ghcr.io/o/a:1',
      ok: true,
      domain: 'ghcr.io',
      path: 'o/a',
      tag: '1',
      digest: null,
      familiar: 'ghcr.io/o/a:1',
      pull: 'ghcr.io/o/a:1',
    },
  ]);
  const bad = lines(stdout)[2];
  assert.deepEqual([bad?.['input'], bad?.['ok'], typeof bad?.['error']], ['Bad', false, 'string']);
});

test('every command has help with examples', async (t) => {
  const me = await createPerson(t);
  const commands = 'pull push login logout images tag rmi inspect verify prune serve ref version'.split(' ');
  const overview = (await me.reg(['--help'])).stdout;
  await Promise.all(
    commands.map(async (command) => {
      assert.match(overview, new RegExp(`^ +${command} `, 'm'));
      const { stdout } = await me.reg([command, '--help']);
      assert.match(stdout, new RegExp(`Usage: reg ${command}`));
      assert.match(stdout, new RegExp(`Examples:\n( {2}\\$ .*\n)* {2}\\$ .*reg ${command}`));
    }),
  );
});

interface Filled {
  readonly host: string;
  readonly name: string;
  readonly made: TestGraph;
  readonly amd64: TestImage;
}

async function startFilled(scope: Scope): Promise<Filled> {
  const base = await layer({ base: 'the base' });
  const amd64 = image({ layers: [base, await layer({ app: 'for amd64' })] });
  const arm64 = image({
    layers: [base, await layer({ app: 'for arm64' })],
    platform: { os: 'linux', architecture: 'arm64' },
  });
  const made = index([amd64, arm64]);
  const { host } = await startServe(scope, await createPerson(scope));
  const publisher = await createPerson(scope);
  await writeLayout(join(publisher.home, 'app'), { it: made });
  const name = `${host}/team/app:1`;
  await publisher.reg(['push', '--from', 'app', name]);
  return { host, name, made, amd64 };
}

/** Somebody who has pulled the image for amd64. */
async function pulled(scope: Scope): Promise<Person> {
  const me = await createPerson(scope);
  await me.reg(['pull', '-q', ...AMD64, name]);
  return me;
}

/** One JSON object a line. */
function lines(text: string): readonly Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
