/** What registries list, by a real one, by `reg serve`, and by what stands in for Docker Hub. */

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { suite, test } from 'node:test';

import { startDockerHub } from '../support/docker-hub.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { forward } from '../support/forward.js';
import { reply, startHttpServer } from '../support/http-server.js';
import { startHubSearch } from '../support/hub-search.js';
import { image, index, layer, sampleIndex } from '../support/images.js';
import { createPerson } from '../support/person.js';
import { needs } from '../support/programs.js';
import { pushGraph } from '../support/push-graph.js';
import { startServe } from '../support/serve.js';
import type { Scope } from '../support/temp.js';
import { startTokenServer } from '../support/token-server.js';

const REAL = needs('docker-registry');

/** `team/app` with tags whose images were made in the order of their numbers, and two more repositories. */
async function fill(origin: string): Promise<void> {
  const layers = [await layer({ app: 'app' })];
  const made = (day: number) => image({ layers, config: { created: `2026-01-0${day}T10:00:00Z` } });
  const undated = image({ layers, config: { created: undefined } });
  const annotations = { 'org.opencontainers.image.created': '2026-01-05T00:00:00+01:00' };
  const tags = {
    '1.2.0': made(1),
    v1: made(2),
    '1.10.0': index([made(3), made(9)]),
    edge: image({ layers, manifest: { annotations } }),
    undated,
  };
  for (const [tag, graph] of Object.entries(tags)) await pushGraph(`${origin}/v2/team/app`, graph, { tag });
  for (const path of ['team/web', 'other']) await pushGraph(`${origin}/v2/${path}`, undated, { tag: '1' });
}

suite('tags and repositories are listed, sorted, chosen and bounded', () => {
  const servers: readonly (readonly [
    string,
    typeof REAL,
    (t: Scope) => Promise<{ readonly host: string }>,
  ])[] = [
    ['by docker-registry', REAL, (t) => startDockerRegistry(t)],
    ['by reg serve', { skip: false }, async (t) => startServe(t, await createPerson(t))],
  ];
  for (const [name, options, start] of servers) {
    test(name, options, async (t) => {
      const { host } = await start(t);
      await fill(`http://${host}`);
      const me = await createPerson(t);
      const list = async (...args: readonly string[]): Promise<readonly string[]> =>
        (await me.reg(args)).stdout.trimEnd().split('\n');
      const app = `${host}/team/app`;

      assert.deepEqual((await list('tags', app)).toSorted(), ['1.10.0', '1.2.0', 'edge', 'undated', 'v1']);
      assert.deepEqual(await list('tags', app, '--sort', 'semver', '-q'), [
        '1.10.0',
        '1.2.0',
        'v1',
        'edge',
        'undated',
      ]);
      assert.deepEqual(await list('tags', app, '--sort', 'name', '--match', '1.*', '--limit', '1'), [
        '1.10.0',
      ]);
      const dated = await list('tags', app, '--sort', 'created', '--format', '{{.tag}} {{or .created "-"}}');
      assert.deepEqual(dated, [
        'edge 2026-01-05T00:00:00+01:00',
        '1.10.0 2026-01-03T10:00:00Z',
        'v1 2026-01-02T10:00:00Z',
        '1.2.0 2026-01-01T10:00:00Z',
        'undated -',
      ]);
      const table = await list('tags', app, '--sort', 'created', '--limit', '1');
      assert.match(table.join('\n'), /^TAG +CREATED +DIGEST\nedge +2026-01-04 23:00 +[0-9a-f]{12}$/);
      const [first] = await list('tags', app, '--sort', 'created', '--json');
      assert.deepEqual(Object.keys(JSON.parse(first ?? '')), ['tag', 'digest', 'created']);

      assert.deepEqual(await list('catalog', host), ['other', 'team/app', 'team/web']);
      assert.deepEqual(await list('catalog', host, '--match', 'team/*', '--limit', '1'), ['team/app']);
      assert.deepEqual(JSON.parse((await list('catalog', host, '--json', '--match', 'other'))[0] ?? ''), {
        repository: 'other',
        reference: `${host}/other`,
      });

      const none = async (...args: readonly string[]): Promise<string> => {
        const { stdout, stderr } = await me.reg(args);
        assert.equal(stdout, '');
        return stderr;
      };
      const fits = ['--match', '9.*', '--match', '/^x/'];
      assert.equal(await none('tags', app, ...fits), `reg: no tag of ${app} fits "9.*" or "/^x/"\n`);
      assert.equal(
        await none('catalog', host, ...fits),
        `reg: no repository of ${host} fits "9.*" or "/^x/"\n`,
      );
      assert.equal(await none('catalog', host, ...fits, '-q'), '');
    });
  }
});

test('a tag whose image cannot be read is told of, and comes last', async (t) => {
  const { origin } = await startServe(t, await createPerson(t));
  await fill(origin);
  const broken = await startHttpServer(t, (exchange) =>
    exchange.log.path.endsWith('/manifests/v1') ? reply(exchange, 200, SCHEMA_1) : forward(exchange, origin),
  );
  const me = await createPerson(t);
  const { stdout, stderr } = await me.reg(['tags', '--sort', 'created', '-q', `${broken.host}/team/app`]);
  assert.equal(stdout, 'edge\n1.10.0\n1.2.0\nundated\nv1\n');
  assert.match(stderr, /^reg: warning: cannot read the tag v1: .*schema 1/m);
});

const SCHEMA_1 = {
  headers: { 'content-type': 'application/vnd.docker.distribution.manifest.v1+json' },
  body: { schemaVersion: 1 },
};

test('a registry that lists no repositories is said to, and one that lets nobody in asks for a login', async (t) => {
  const me = await createPerson(t);
  const none = await startHttpServer(t, (exchange) =>
    reply(exchange, exchange.log.path === '/v2/' ? 200 : 404, { body: { errors: [] } }),
  );
  const { stderr } = await me.fails(7, ['catalog', none.host]);
  assert.match(stderr, /cannot list the repositories of .*: it has no list of them \(404\)/);
  const closed = await startHttpServer(t, (exchange) =>
    reply(exchange, exchange.log.path === '/v2/' ? 200 : 403, { body: { errors: [{ code: 'DENIED' }] } }),
  );
  assert.match(
    (await me.fails(4, ['catalog', closed.host])).stderr,
    /lets us in, but does not list them to us/,
  );
  const guarded = await startHttpServer(t, (exchange) =>
    reply(exchange, 401, { headers: { 'www-authenticate': 'Basic realm="x"' } }),
  );
  assert.match((await me.fails(4, ['catalog', guarded.host])).stderr, /reg login/);
});

test('the list of repositories takes a token of its own, which not everybody gets', REAL, async (t) => {
  const tokens = await startTokenServer(t, {
    users: { ann: 'open-sesame', bob: 'open-sesame' },
    grant: (user, { type, actions }) => (type === 'registry' && user === 'bob' ? [] : actions),
  });
  const { host } = await startDockerRegistry(t, { auth: { token: tokens.trust } });
  const me = await createPerson(t);
  for (const user of ['bob', 'ann'])
    await me.reg(['login', '-u', user, '--password-stdin', '--store', 'file', host], {
      stdin: 'open-sesame',
    });
  assert.equal((await me.reg(['catalog', host])).stdout, '');
  const { scopes } = tokens.tokenRequests.at(-1) ?? {};
  assert.deepEqual(scopes, ['registry:catalog:*']);
  const env = { REG_USERNAME: 'bob', REG_PASSWORD: 'open-sesame' };
  const { stderr } = await me.fails(4, ['catalog', host], { env });
  assert.match(stderr, /lets us in, but does not list them to us/);
});

test('Docker Hub lists no repositories, and says how many pulls are left', REAL, async (t) => {
  const hub = await startDockerHub(t, { users: { alice: 'open-sesame' }, pulls: 2 });
  const flags = [...hub.resolveFlags, '--ca-file', hub.authorityFile];
  for (const path of ['ratelimitpreview/test', 'library/nginx'])
    await pushGraph(`${hub.storage.origin}/v2/${path}`, await sampleIndex(), { tag: 'latest' });
  const me = await createPerson(t);

  const { stderr } = await me.fails(7, ['catalog', 'docker.io', ...flags]);
  assert.match(stderr, /it lists them to nobody\. "reg search" finds public ones\.\n$/);

  const anonymous = await me.reg(['limits', ...flags]);
  assert.equal(
    anonymous.stdout,
    'docker.io, not logged in: 2 of 2 pulls in 6 hours are left, counted by 127.0.0.1\n',
  );
  await me.reg(['login', ...flags, '-u', 'alice', '--password-stdin'], { stdin: 'open-sesame' });
  const [json = ''] = (await me.reg(['limits', '--json', 'nginx', ...flags])).stdout.split('\n');
  assert.deepEqual(JSON.parse(json), {
    registry: 'docker.io',
    login: 'alice',
    limit: 2,
    remaining: 2,
    windowSeconds: 21600,
    countedBy: '127.0.0.1',
  });
  await me.reg(['pull', ...flags, 'nginx']);
  const none = await me.fails(5, ['limits', '-q', ...flags]);
  assert.equal(none.stdout, '0\n');
  assert.match(none.stderr, /0 of 2 pulls in 6 hours are left/);
});

test('what says nothing of a limit is told so, and a registry is asked by one of its images', async (t) => {
  const { host, origin } = await startServe(t, await createPerson(t));
  await fill(origin);
  const me = await createPerson(t);
  const { stdout } = await me.reg(['limits', `${host}/team/app:v1`]);
  assert.equal(stdout, `${host}, not logged in: the registry says nothing of a limit\n`);
  assert.equal((await me.reg(['limits', '-q', `${host}/team/app:v1`])).stdout, '');
  assert.match((await me.fails(2, ['limits', host])).stderr, new RegExp(`Name one: ${host}/NAME`));
  const missing = await me.fails(3, ['limits', `${host}/team/app:v9`]);
  assert.match(missing.stderr, /: there is no \S+\/team\/app:v9\. Name an image that is there\.\n$/);
  const headers = { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0' };
  const full = await startHttpServer(t, (exchange) =>
    reply(exchange, exchange.log.path === '/v2/' ? 200 : 429, { headers }),
  );
  assert.match((await me.fails(5, ['limits', `${full.host}/app`])).stdout, /: 0 of 10 pulls are left\n$/);
});

test('Docker Hub is searched without a login, and what it found is safe to show', async (t) => {
  const hits = [
    { name: 'nginx', description: 'Official build of Nginx.', star_count: 20000, is_official: true },
    {
      name: 'evil/\u001b[2Jnginx',
      description: 'a\nforged\u202e line',
      star_count: 'many',
      is_official: 'yes',
    },
    { name: 'bitnami/nginx', description: null, star_count: 150, is_official: false },
    { description: 'no name' },
    'no hit',
  ];
  const { server, flags } = await startHubSearch(t, hits);
  const me = await createPerson(t);
  const auth = Buffer.from('alice:secret').toString('base64');
  await mkdir(dirname(me.dockerConfig));
  await writeFile(me.dockerConfig, JSON.stringify({ auths: { 'https://index.docker.io/v1/': { auth } } }));

  const { stdout } = await me.reg(['search', ...flags, 'library/nginx']);
  assert.deepEqual(
    stdout.split('\n').map((line) => line.split(/ {2,}/)),
    [
      ['NAME', 'STARS', 'OFFICIAL', 'DESCRIPTION'],
      ['nginx', '20000', 'yes', 'Official build of Nginx.'],
      ['evil/[2Jnginx', '0', 'a forged line'],
      ['bitnami/nginx', '150'],
      [''],
    ],
  );
  const json = await me.reg(['search', ...flags, '--official', '--limit', '1', '--json', 'nginx']);
  assert.deepEqual(JSON.parse(json.stdout), {
    name: 'nginx',
    description: 'Official build of Nginx.',
    stars: 20000,
    isOfficial: true,
  });
  const few = await me.reg(['search', ...flags, '--stars', '100', '--limit', '2', '-q', 'docker.io/nginx']);
  assert.equal(few.stdout, 'nginx\nbitnami/nginx\n');
  assert.deepEqual(
    server.requests.map(({ method, path, headers }) => [method, path, headers.authorization]),
    ['nginx&n=25', 'nginx&n=100', 'nginx&n=100'].map((query) => ['GET', `/v1/search?q=${query}`, undefined]),
  );
  for (const args of [['ghcr.io/nginx'], ['library/'], ['--limit', '101', 'nginx']])
    await me.fails(2, ['search', ...flags, ...args]);
});
