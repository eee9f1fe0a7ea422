/** Registries that take what we push in ways of their own, or not at all. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile, chmod, utimes, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  dawdles,
  hangsUp,
  neverAnswers,
  neverEnds,
  once,
  refuses,
  resets,
  says,
  withHeaders,
} from '../support/hostile/faults.js';
import type { Faults } from '../support/hostile/registry.js';
import type { Fault } from '../support/hostile/reply.js';
import type { Stage } from '../support/hostile/stage.js';
import { table, type Case } from '../support/hostile/table.js';

/** A push; when it succeeds the registry must have it all, byte for byte. */
function push(
  name: string,
  faults: Faults | ((stage: Stage) => Promise<Faults> | Faults),
  rest: Partial<Case> = {},
): Case {
  return {
    name,
    wanted: 'ok',
    command: 'push',
    faults,
    check: ({ code }, { registry, graph }) => {
      const tagged = registry.manifests.get('1');
      if (code !== 0) return;
      assert.deepEqual(tagged?.bytes, graph.bytes);
      for (const digest of graph.blobs.keys())
        assert.ok(registry.blobs.has(digest), `${digest} did not arrive`);
    },
    ...rest,
  };
}

/** The same, where the tag must not have moved. */
function failed(
  name: string,
  faults: Faults | ((stage: Stage) => Promise<Faults> | Faults),
  rest: Partial<Case> = {},
): Case {
  return push(name, faults, {
    wanted: 7,
    check: (_, { registry }) => assert.equal(registry.manifests.get('1'), undefined, 'the tag was set'),
    ...rest,
  });
}

/** The honest start of an upload with its Location written in another way. */
function location(write: (path: string, stage: Stage) => string): (stage: Stage) => Faults {
  return (stage) => ({
    'POST upload': async (_, honest) => {
      const said = await honest();
      return {
        ...said,
        headers: { ...said.headers, location: write(String(said.headers?.['location']), stage) },
      };
    },
  });
}

/** Another origin that would take an upload. */
async function thief(stage: Stage, options: { address?: string; tls?: boolean } = {}): Promise<Faults> {
  const other = await stage.elsewhere(options);
  other.fault = says(201);
  return {
    'POST upload': () => ({ status: 202, headers: { location: `${other.origin}/v2/app/blobs/uploads/1` } }),
  };
}

const nothingThere = (_: unknown, { foreign, registry }: Stage): void => {
  assert.equal(foreign[0]?.requests.length, 0, 'it went elsewhere');
  assert.equal(registry.manifests.get('1'), undefined);
};

table('where an upload goes on', [
  push(
    '107: a Location that is relative',
    location((path) => path),
  ),
  push(
    '107: a Location that is relative to the POST',
    location((path) => path.replace(/^.*\//, '')),
  ),
  push(
    '107: a Location that is absolute',
    location((path, { registry }) => `${registry.origin}${path}`),
  ),
  push(
    '107: a Location with a query',
    location((path) => `${path}?_state=a%2Fb%3D%3D&digestless=1`),
    {
      check: (_, { registry }) => {
        const puts = registry.requests.filter(
          ({ method, path }) => method === 'PUT' && path.includes('/uploads/'),
        );
        for (const { path } of puts)
          assert.match(path, /_state=a%2Fb%3D%3D&digestless=1&digest=sha256(:|%3A)/);
      },
    },
  ),
  push(
    '107: a Location without a scheme',
    location((path, { registry }) => `//${registry.host}${path}`),
  ),
  push(
    'http for the same host, behind a registry with TLS',
    location((path, { registry }) => `http://${registry.host}${path}`),
    { place: 'tls' },
  ),
  failed('108: no Location', { 'POST upload': withHeaders({ location: null }) }, { says: /Location/ }),
  failed(
    '108: a Location that is no URL',
    location(() => 'http://[::1'),
  ),
  failed(
    '108: a Location that is a file',
    location(() => 'file:///etc/passwd'),
  ),
  failed(
    '108: a Location with a user in front',
    location((path, { registry }) => `${registry.origin.replace('://', '://bob@')}${path}`),
  ),
  failed(
    '108: a Location with terminal escapes',
    location((path) => `http://evil\u009b2J${path}`),
    { wanted: 7 },
  ),
  ...(['basic', 'bearer'] as const).flatMap((auth): Case[] => [
    failed(`108: a Location at another port, with ${auth}`, (stage) => thief(stage), {
      auth,
      check: nothingThere,
    }),
    failed(
      `108: a Location at another address, with ${auth}`,
      (stage) => thief(stage, { address: '127.0.0.2' }),
      { auth, check: nothingThere },
    ),
    failed(`108: a Location at another scheme, with ${auth}`, (stage) => thief(stage, { tls: true }), {
      auth,
      check: nothingThere,
    }),
    failed(
      `108: a Location elsewhere after a PATCH, with ${auth}`,
      async (stage) => ({
        'PUT upload': once(refuses(413, 'SIZE_INVALID')),
        'PATCH upload': async () => ({
          status: 202,
          headers:
            (await thief(stage))['POST upload'] === undefined ? {} : { location: `http://127.0.0.2:1/x` },
        }),
      }),
      { auth, check: (_, { registry }) => assert.equal(registry.manifests.get('1'), undefined) },
    ),
  ]),
]);

table('registries that stumble in a push', [
  failed('109: 500 for ever', { 'POST upload': refuses(500, 'UNKNOWN') }, { wanted: 5, says: /500/ }),
  failed(
    '109: 500 for ever to the bytes',
    { 'PUT upload': refuses(500, 'UNKNOWN'), 'PATCH upload': refuses(500, 'UNKNOWN') },
    { wanted: 5 },
  ),
  failed('109: 500 for ever to the manifest', { 'PUT manifest': refuses(500, 'UNKNOWN') }, { wanted: 5 }),
  push('109: 503 once', { 'POST upload': once(refuses(503, 'UNAVAILABLE')) }),
  push('109: 503 once to the bytes', { 'PUT upload': once(refuses(503, 'UNAVAILABLE')) }),
  push('109: 503 once to the manifest', { 'PUT manifest': once(refuses(503, 'UNAVAILABLE')) }),
  push('109: 429 once', { 'PUT upload': once(refuses(429, 'TOOMANYREQUESTS', { 'retry-after': '1' })) }),
  push('110: a reset once', { 'PUT upload': once(resets) }),
  push('110: a reset once at the start', { 'POST upload': once(resets) }),
  push('110: a reset once at the manifest', { 'PUT manifest': once(resets) }),
  push('110: hung up once after the bytes', {
    'PUT upload': once(async (exchange, honest) => {
      await honest();
      return hangsUp(exchange, honest);
    }),
  }),
  failed('110: a reset always', { 'PUT upload': resets, 'PATCH upload': resets }, { wanted: 5 }),
  failed('110: a reset always at the start', { 'POST upload': resets }, { wanted: 5 }),
  failed(
    '112: no answer, ever',
    { 'PUT upload': neverAnswers, 'PATCH upload': neverAnswers },
    { wanted: 5, impatient: true, run: { withinSeconds: 90 } },
  ),
  failed('112: no answer to the start', { 'POST upload': neverAnswers }, { wanted: 5, impatient: true }),
  failed('112: no answer to the manifest', { 'PUT manifest': neverAnswers }, { wanted: 5, impatient: true }),
  failed(
    '113: a PATCH that never gets on, and a PUT that is refused',
    {
      'PUT upload': refuses(416, 'RANGE_INVALID'),
      'PATCH upload': ({ log }) => ({ status: 202, headers: { location: log.path, range: '0-0' } }),
      'GET upload': ({ log }) => ({ status: 204, headers: { location: log.path, range: '0-0' } }),
    },
    {
      wanted: 7,
      check: (_, { registry }) =>
        assert.ok(registry.requests.length < 200, `${registry.requests.length} requests`),
    },
  ),
  push(
    'a server that takes the bytes and then keeps silent',
    {
      'PUT upload': async (exchange, honest) => {
        exchange.request.pause();
        await sleep(2500);
        return honest();
      },
    },
    { run: { env: { REG_IDLE_TIMEOUT: '2s' } }, wanted: 5 },
  ),
  push('a slow answer', { 'PUT upload': dawdles(1, 200) }),
]);

/** Takes the headers, says no while the bytes are on their way, and hangs up. */
function refusesEarly(status: number, code: string): Fault {
  return ({ request, response }) => {
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify({ errors: [{ code, message: 'early refusal' }] }), () =>
      request.socket.end(),
    );
    return undefined;
  };
}

table('registries that refuse a push', [
  failed(
    '111: 403 while we send',
    { 'PUT upload': refusesEarly(403, 'DENIED'), 'PATCH upload': refusesEarly(403, 'DENIED') },
    { wanted: 4, says: /early refusal|DENIED/ },
  ),
  failed(
    '111: 403 at the start',
    { 'POST upload': refuses(403, 'DENIED') },
    { wanted: 4, says: /DENIED|denied/ },
  ),
  failed(
    '116: 413',
    { 'PUT upload': refuses(413, 'SIZE_INVALID'), 'PATCH upload': refuses(413, 'SIZE_INVALID') },
    { says: /413|too large|large/i },
  ),
  failed('116: 413 while we send', {
    'PUT upload': refusesEarly(413, 'SIZE_INVALID'),
    'PATCH upload': refusesEarly(413, 'SIZE_INVALID'),
  }),
  failed(
    '116: 405',
    { 'POST upload': refuses(405, 'UNSUPPORTED') },
    { says: /405|not (take|support|allow)|read-only|push/ },
  ),
  failed('116: DENIED for the manifest', { 'PUT manifest': refuses(403, 'DENIED') }, { wanted: 4 }),
  failed('116: a tag that may not be moved', { 'PUT manifest': refuses(409, 'TAG_INVALID') }),
  failed(
    '116: the repository does not exist',
    { 'POST upload': refuses(404, 'NAME_UNKNOWN') },
    { wanted: 3 },
  ),
  failed(
    '116: a refusal without end',
    { 'POST upload': neverEnds({ 'content-type': 'application/json' }, 403) },
    { wanted: 4 },
  ),
  failed(
    'a login that is missing',
    {},
    {
      auth: 'basic',
      login: true,
      wanted: 4,
      says: /reg login/,
      arrange: ({ registry: { tokens } }) => {
        Object.assign(tokens, { user: { ...tokens.user, password: 'changed' } });
      },
    },
  ),
]);

const OTHER = `sha256:${'0'.repeat(64)}`;

table('registries that lie in a push', [
  failed(
    '114: blobs that were taken are unknown to the manifest',
    {
      'PUT manifest': refuses(400, 'MANIFEST_BLOB_UNKNOWN'),
    },
    {
      check: (_, { registry }) =>
        assert.ok(registry.requests.length < 60, `${registry.requests.length} requests`),
    },
  ),
  push('114: a blob that was taken is unknown once', {
    'PUT manifest': once((_, honest) =>
      honest().then(() => ({
        status: 400,
        body: { errors: [{ code: 'MANIFEST_BLOB_UNKNOWN', message: 'x' }] },
      })),
    ),
  }),
  push('114: HEAD says that everything is there', {
    'HEAD base': once(says(200)),
    'HEAD layer': once(says(200)),
    'HEAD config': once(says(200)),
  }),
  failed(
    '114: HEAD says for ever that everything is there',
    { 'HEAD base': says(200), 'HEAD layer': says(200), 'HEAD config': says(200) },
    { wanted: 'ok', check: undefined },
  ),
  push('114: HEAD of the manifest says that it is there', {
    'HEAD manifest': says(200, {
      headers: {
        'docker-content-digest': OTHER,
        'content-type': 'application/vnd.oci.image.manifest.v1+json',
      },
    }),
  }),
  failed(
    '114: HEAD says 500',
    { 'HEAD base': says(500), 'HEAD layer': says(500), 'HEAD config': says(500) },
    { wanted: 5 },
  ),
  failed(
    '115: a blob is stored under another digest',
    { 'PUT upload': withHeaders({ 'docker-content-digest': OTHER }), 'PATCH upload': withHeaders({}) },
    { wanted: 6 },
  ),
  push(
    '115: the manifest is stored under another digest',
    { 'PUT manifest': withHeaders({ 'docker-content-digest': OTHER }) },
    { wanted: 6, check: undefined },
  ),
  push('201 without any header', {
    'PUT upload': withHeaders({ location: null, 'docker-content-digest': null }),
  }),
  push(
    '200 where 201 is due',
    { 'PUT upload': async (_, honest) => ({ ...(await honest()), status: 200 }) },
    { wanted: 'ok' },
  ),
  push(
    '202 where 201 is due',
    { 'PUT upload': async (_, honest) => ({ ...(await honest()), status: 202 }) },
    { wanted: 'ok' },
  ),
  push(
    '121: the manifest goes last, when every blob has its 201',
    {},
    {
      check: (_, { registry }) => {
        const puts = registry.requests.filter(({ method }) => method === 'PUT');
        assert.ok(
          puts.slice(0, -1).every(({ path, status }) => path.includes('/uploads/') && status === 201),
        );
        assert.match(puts.at(-1)?.path ?? '', /\/manifests\/1$/);
      },
    },
  ),
  failed(
    '121: no manifest when one blob fails',
    {
      'PUT upload': ({ url }, honest) =>
        url.searchParams.get('digest') === ''
          ? honest()
          : { status: 400, body: { errors: [{ code: 'DIGEST_INVALID', message: 'x' }] } },
      'PATCH upload': refuses(400, 'BLOB_UPLOAD_INVALID'),
    },
    {
      check: (_, { registry }) => assert.ok(!registry.seen().includes('PUT manifest'), 'a manifest was sent'),
    },
  ),
]);

/** Changes a blob of the store, as a broken disk or another program would. */
async function spoil(
  { store, graph }: Stage,
  change: (path: string, bytes: Buffer) => Promise<void>,
): Promise<void> {
  const { digest } = [...graph.blobs.values()].reduce((one, other) => (other.size > one.size ? other : one));
  const path = join(store, 'blobs', ...digest.split(':'));
  await chmod(path, 0o644);
  await change(path, await readFile(path));
}

table('stores that changed before a push', [
  {
    name: '118: a layer with a changed byte is noticed before the upload',
    wanted: 8,
    command: 'push',
    storeIsSpoiled: true,
    names: 'nothing',
    arrange: (stage) =>
      spoil(stage, async (path, bytes) => {
        bytes[1000] = (bytes[1000] ?? 0) ^ 1;
        await writeFile(path, bytes);
      }),
    check: (_, { registry }) => assert.equal(registry.manifests.get('1'), undefined),
  },
  {
    name: '118: a layer changed by someone who put the time back',
    wanted: 6,
    command: 'push',
    storeIsSpoiled: true,
    names: 'nothing',
    arrange: (stage) =>
      spoil(stage, async (path, bytes) => {
        const { atime, mtime } = await stat(path);
        bytes[1000] = (bytes[1000] ?? 0) ^ 1;
        await writeFile(path, bytes);
        await utimes(path, atime, mtime);
      }),
    check: (_, { registry }) => assert.equal(registry.manifests.get('1'), undefined),
  },
  {
    name: '118: a layer that was cut off',
    wanted: 8,
    command: 'push',
    storeIsSpoiled: true,
    names: 'nothing',
    arrange: (stage) => spoil(stage, (path, bytes) => writeFile(path, bytes.subarray(0, 1000))),
    check: (_, { registry }) => assert.equal(registry.manifests.get('1'), undefined),
  },
  {
    name: '118: a layer that is gone',
    wanted: 3,
    command: 'push',
    storeIsSpoiled: true,
    names: 'nothing',
    arrange: (stage) => spoil(stage, (path) => rm(path)),
    check: (_, { registry }) => assert.equal(registry.manifests.get('1'), undefined),
  },
]);

table('two pushes', [
  push(
    '120: of the same tag at once',
    {},
    {
      check: async (_, stage) => {
        const args = ['push', '--progress', 'none', ...stage.flags, stage.image];
        stage.registry.manifests.clear();
        const runs = await Promise.all([stage.reg(args), stage.reg(args)]);
        for (const { code, stderr, stdout } of runs) {
          assert.equal(code, 0, stderr);
          assert.match(stdout, new RegExp(stage.graph.descriptor.digest));
        }
        assert.deepEqual(stage.registry.manifests.get('1')?.bytes, stage.graph.bytes);
        assert.deepEqual(await readdir(join(stage.store, '.partial')).catch(() => []), []);
      },
    },
  ),
]);
