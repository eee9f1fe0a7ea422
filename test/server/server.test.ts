import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

import * as fc from 'fast-check';

import { systemClock } from '../../src/content/system-clock.js';
import { hasCode } from '../../src/errors.js';
import { pruneLayout } from '../../src/layout/prune.js';
import { verifyLayout } from '../../src/layout/verify.js';
import { createServer } from '../../src/server/server.js';
import { closed } from '../support/closed.js';
import { patternContent, sha256 } from '../support/contents.js';
import { assertRefused, NOWHERE, smallImage, startRegistry } from './registry.js';

/** What the server says to these bytes until it closes the connection. */
async function converse(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
  socket.write(Buffer.from(text, 'latin1'));
  socket.setTimeout(2000, () => socket.destroy());
  await closed(socket);
  return said;
}

test('the base says that this is a registry', async (t) => {
  const { ask } = await startRegistry(t);
  for (const path of ['/v2/', '/v2']) {
    const { status, headers, body } = await ask(path);
    assert.deepEqual([status, body.toString()], [200, '{}']);
    assert.equal(headers['docker-distribution-api-version'], 'registry/2.0');
  }
});

test('paths that are none, and names that are none, are refused', async (t) => {
  const { ask } = await startRegistry(t);
  for (const path of [
    '/',
    '/v1/',
    '/v2/app',
    '/v2/app/manifests',
    '/v2/app/other/x',
    '/v2/app%2F/tags/list',
  ]) {
    assertRefused(await ask(path), 404, 'NAME_UNKNOWN');
  }
  const names = ['App', 'app_', '-app', 'a..b', 'app/%2e%2e', 'a//b', 'a'.repeat(256), '%00', 'a b', 'ä'];
  for (const name of names) {
    for (const rest of ['tags/list', 'manifests/v1', `blobs/${NOWHERE}`, `referrers/${NOWHERE}`]) {
      assertRefused(await ask(`${name}/${rest}`), 400, 'NAME_INVALID');
    }
    assertRefused(await ask(`${name}/blobs/uploads/`, { method: 'POST' }), 400, 'NAME_INVALID');
  }
});

test('a method that a resource does not have is refused with those that it has', async (t) => {
  const { ask } = await startRegistry(t);
  const resources: readonly (readonly [string, string, string])[] = [
    ['/v2/', 'POST', 'GET, HEAD'],
    ['_catalog', 'DELETE', 'GET, HEAD'],
    ['app/tags/list', 'PUT', 'GET, HEAD'],
    ['app/referrers/x', 'POST', 'GET, HEAD'],
    ['app/manifests/v1', 'PATCH', 'GET, HEAD, PUT, DELETE'],
    [`app/blobs/${NOWHERE}`, 'PUT', 'GET, HEAD, DELETE'],
    ['app/blobs/uploads/', 'GET', 'POST'],
    ['app/blobs/uploads/1', 'POST', 'GET, HEAD, PATCH, PUT, DELETE'],
  ];
  for (const [path, method, allow] of resources) {
    const answer = await ask(path, { method });
    assertRefused(answer, 405, 'UNSUPPORTED');
    assert.equal(answer.headers.allow, allow);
  }
});

test('a read-only registry serves, and refuses every change', async (t) => {
  const writable = await startRegistry(t);
  const made = await smallImage('kept');
  await writable.push('app', 'v1', made);
  const { ask } = await startRegistry(t, { layout: writable.layout, readOnly: true });
  assert.deepEqual((await ask('app/manifests/v1')).body, made.bytes);
  assert.equal((await ask('app/tags/list')).status, 200);
  const { digest } = made.descriptor;
  const changes: readonly (readonly [string, string])[] = [
    ['POST', 'app/blobs/uploads/'],
    ['POST', `app/blobs/uploads/?mount=${digest}&from=app`],
    ['PATCH', 'app/blobs/uploads/1'],
    ['PUT', `app/blobs/uploads/1?digest=${digest}`],
    ['DELETE', 'app/blobs/uploads/1'],
    ['PUT', 'app/manifests/v2'],
    ['DELETE', 'app/manifests/v1'],
    ['DELETE', `app/blobs/${digest}`],
  ];
  for (const [method, path] of changes) {
    assertRefused(
      await ask(path, { method, ...(method === 'PUT' && { body: made.bytes }) }),
      405,
      'UNSUPPORTED',
    );
  }
});

test('a large body that is refused is read to its end, so that the refusal arrives', async (t) => {
  const { ask } = await startRegistry(t, { readOnly: true });
  const content = await patternContent(20_000_000, 3);
  const answer = await ask('app/manifests/v1', { method: 'PUT', body: content.open() });
  assertRefused(answer, 405, 'UNSUPPORTED');
});

test('who asks before it sends is told to go on, or refused at once', async (t) => {
  const registry = await startRegistry(t);
  const location = await registry.startUpload('app');
  const head = (path: string): string =>
    `PATCH ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`;
  const taken = await converse(registry.port, `${head(location)}hello`);
  assert.match(taken, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 202 /);
  const refused = await converse(registry.port, head('/v2/app/blobs/uploads/unknown'));
  assert.match(refused, /^HTTP\/1.1 404 /);
});

test('many requests go over one connection', async (t) => {
  const { port } = await startRegistry(t);
  const request = 'GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\nHEAD /v2/ HTTP/1.1\r\nHost: x\r\n\r\n';
  const last = 'GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  const said = await converse(port, request + last);
  assert.equal(said.split('HTTP/1.1 200 OK').length, 4);
});

test('no path, with dots or any other bytes, leads out of the API or stops the registry', async (t) => {
  const { port, ask } = await startRegistry(t);
  const paths = [
    '/v2/../../etc/passwd',
    '/v2/app/blobs/../../../etc/passwd',
    '/v2/app/manifests/..%2f..%2fx',
  ];
  for (const path of [...paths, '//v2//', '/v2/%', 'http://x/v2/', '*', '/v2/\xff\xfe', '/v2/?%ff=%']) {
    const said = await converse(port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    assert.match(said, /^HTTP\/1.1 [24]\d\d /, path);
    assert(!said.includes('root:'));
  }
  assert.equal((await ask('/v2/')).status, 200);
});

test('what is no request does not stop the registry', async (t) => {
  const { port, ask } = await startRegistry(t);
  const upload = 'POST /v2/app/blobs/uploads/ HTTP/1.1\r\nHost: x\r\n';
  const texts = [
    'hello\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00',
    `GET /v2/ HTTP/1.1\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`,
    `${upload}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`,
    `${upload}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    'CONNECT /v2/ HTTP/1.1\r\nHost: x\r\n\r\n',
  ];
  for (const text of texts) {
    const said = await converse(port, text);
    assert(said === '' || /^HTTP\/1.1 (4\d\d|202) /.test(said), said);
  }
  assert.equal((await ask('/v2/')).status, 200);
});

test('no path and query that anyone may think of is a failure of the registry', async (t) => {
  const { ask } = await startRegistry(t);
  const part = fc.constantFrom(
    'v2',
    'app',
    'blobs',
    'uploads',
    'manifests',
    'tags',
    'list',
    '..',
    '',
    'sha256:1',
    '%00',
  );
  const text = fc.oneof(part, fc.string().map(encodeURIComponent));
  const request = fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'),
    parts: fc.array(text, { maxLength: 6 }),
    query: fc.dictionary(fc.constantFrom('digest', 'mount', 'n', 'last', 'tag', 'artifactType'), fc.string()),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ method, parts, query }) => {
      const { status } = await ask(`/v2/${parts.join('/')}?${new URLSearchParams(query).toString()}`, {
        method,
      });
      assert(status < 500, String(status));
    }),
    { numRuns: 200 },
  );
});

test('a failure of the disk is told in general words, and in the log', async (t) => {
  const registry = await startRegistry(t);
  await registry.pushBlob('app', 'first');
  const partial = join(registry.folder, '.partial');
  await rename(partial, `${partial}.away`);
  await writeFile(partial, 'no directory');
  const answer = await registry.ask('app/blobs/uploads/', { method: 'POST' });
  assertRefused(answer, 500, 'UNKNOWN');
  assert(!answer.body.toString().includes(registry.folder));
  assert(registry.log.at(-1)?.problem?.includes(registry.folder));
});

test('a store that can not be read is told in general words, and in the log', async (t) => {
  const registry = await startRegistry(t);
  await registry.push('app', 'v1', await smallImage('lost'));
  await writeFile(join(registry.folder, 'index.json'), '{"schemaVersion":2,"manif');
  const answer = await registry.ask('app/manifests/v1');
  assertRefused(answer, 500, 'UNKNOWN');
  assert(!answer.body.toString().includes(registry.folder));
  assert.match(registry.log.at(-1)?.problem ?? '', /index\.json/);
});

test('every request is logged with what became of it', async (t) => {
  const registry = await startRegistry(t);
  await registry.ask('app/tags/list?n=1');
  await registry.pushBlob('app', 'twelve bytes');
  const [first, , put] = registry.log;
  assert.deepEqual([first?.method, first?.path, first?.status], ['GET', '/v2/app/tags/list?n=1', 404]);
  assert(first !== undefined && first.sent > 50 && first.durationMs >= 0);
  assert.deepEqual([put?.method, put?.status, put?.received, put?.problem], ['PUT', 201, 12, undefined]);
});

test('a client that stands still is let go', async (t) => {
  const { port, startUpload } = await startRegistry(t, { idleTimeoutMs: 100 });
  const location = await startUpload('app');
  const socket = connect(port, '127.0.0.1');
  socket.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhi`);
  await closed(socket);
});

test('who takes too long over the headers of a request is let go', async (t) => {
  const { port, ask } = await startRegistry(t, { headersTimeoutMs: 100 });
  const said = await converse(port, 'GET /v2/ HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  assert.match(said, /^HTTP\/1\.1 408 /);
  assert.equal((await ask('/v2/')).status, 200);
});

test('what many push and pull at once is whole although the store is pruned all the time', async (t) => {
  const registry = await startRegistry(t);
  const client = async (name: string): Promise<void> => {
    for (const round of ['1', '2', '3']) {
      const made = await smallImage(`${name} ${round}`);
      await registry.push(name, round, made);
      assert.deepEqual((await registry.ask(`${name}/manifests/${round}`)).body, made.bytes);
      for (const digest of made.blobs.keys()) {
        assert.equal(sha256((await registry.ask(`${name}/blobs/${digest}`)).body), digest);
      }
    }
  };
  const clients = Promise.all(Array.from({ length: 8 }, (_, at) => client(`team/app${at}`)));
  const isOver = clients.then(() => true);
  let prunes = 0;
  while (!(await Promise.race([isOver, pruneLayout(registry.layout).then(() => false)]))) {
    prunes += 1;
    // A prune with nothing to do waits for nothing: without a turn for the others nobody would get to push.
    await nextTurn();
  }
  assert.ok(prunes > 0);
  assert.equal((await registry.layout.images()).length, 24);
  assert.deepEqual((await verifyLayout(registry.layout)).problems, []);
});

test('closing lets a download end, takes no new one, and removes what was not finished', async (t) => {
  const registry = await startRegistry(t);
  const content = await patternContent(30_000_000, 5);
  const location = await registry.startUpload('app');
  await registry.ask(`${location}?digest=${content.digest}`, { method: 'PUT', body: content.open() });
  await registry.startUpload('app');
  const socket = connect(registry.port, '127.0.0.1');
  socket.write(`GET /v2/app/blobs/${content.digest} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const [first]: Buffer[] = await once(socket, 'data');
  const closing = registry.server.close();
  let size = first?.length ?? 0;
  socket.on('data', (chunk: Buffer) => (size += chunk.length));
  await closed(socket);
  await closing;
  assert(size > content.size);
  await assert.rejects(registry.ask('/v2/'), { code: 'ECONNREFUSED' });
  const names = await readdir(join(registry.folder, '.partial'));
  assert.deepEqual(
    names.filter((name) => name.startsWith('upload.')),
    [],
  );
});

test('an address that is taken is refused with a reason', async (t) => {
  const { port, layout } = await startRegistry(t);
  const second = createServer({ layout, clock: systemClock });
  await assert.rejects(second.listen('127.0.0.1', port), (error) => {
    assert(hasCode(error, 'INVALID_ARGUMENT'));
    assert.match(error.message, /another program listens there/);
    return true;
  });
});

test('an IPv6 address stands in brackets in the URL', async (t) => {
  const { layout } = await startRegistry(t);
  const server = createServer({ layout, clock: systemClock });
  t.after(() => server.close());
  try {
    const { url, port } = await server.listen('::1', 0);
    assert.equal(url, `http://[::1]:${port}`);
  } catch (error) {
    // Some containers have no IPv6 at all.
    assert(hasCode(error, 'INVALID_ARGUMENT'));
  }
});
