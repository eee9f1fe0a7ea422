import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { startRegistry } from '../server/registry.js';
import { startLoggingProxy } from '../support/http-proxy-log.js';
import { reply, startHttpServer } from '../support/http-server.js';
import { writeLayout } from '../support/image-files.js';
import { image, layer } from '../support/images.js';
import { createPerson } from '../support/person.js';

test('headers of our own go with every request to the registry, and to no mirror or host behind it', async (t) => {
  const me = await createPerson(t);
  const registry = await startRegistry(t);
  const away = await startHttpServer(t, (exchange) => reply(exchange, 404));
  const mirror = await startHttpServer(t, (exchange) => reply(exchange, 404));
  let isAway = false;
  const front = await startLoggingProxy(t, `http://${registry.host}`, {
    intercept: (exchange) => {
      if (isAway && exchange.log.path.includes('/blobs/'))
        reply(exchange, 307, { headers: { location: `${away.origin}/blob` } });
      return isAway && exchange.log.path.includes('/blobs/');
    },
  });
  await writeLayout(join(me.home, 'app'), { it: image({ layers: [await layer({ a: 'a' })] }) });
  const flags = ['--header', 'X-Token: open-sesame', '--header', 'X-Team=red', '--user-agent', 'my-job/1.0'];
  const name = `${front.host}/app:1`;
  const pushed = await me.reg(['push', '--debug', ...flags, '--from', './app', name]);
  const mirrored = [...flags, '--mirror', `${front.host}=${mirror.origin}`];
  const pulled = await me.reg(['pull', '--debug', ...mirrored, name]);
  isAway = true;
  const failed = await me.fails(3, ['pull', '--store', 'second', ...flags, name]);
  for (const { stderr } of [pushed, pulled, failed]) assert.doesNotMatch(stderr, /open-sesame/);

  for (const { headers } of front.requests) {
    assert.equal(headers['x-token'], 'open-sesame');
    assert.equal(headers['x-team'], 'red');
    assert.equal(headers['user-agent'], 'my-job/1.0');
  }
  assert.ok(away.requests.length > 0 && mirror.requests.length > 0);
  for (const { headers } of [...away.requests, ...mirror.requests]) {
    assert.equal(headers['x-token'], undefined);
    assert.equal(headers['x-team'], undefined);
    assert.equal(headers['user-agent'], 'my-job/1.0');
  }
});

test("what docker's config.json adds for registries is sent, and nothing else of it", async (t) => {
  const me = await createPerson(t);
  const registry = await startRegistry(t);
  const front = await startLoggingProxy(t, `http://${registry.host}`);
  await registry.push('app', '1', image({ layers: [await layer({ a: 'a' })] }));
  const write = async (HttpHeaders: unknown): Promise<void> => {
    await mkdir(dirname(me.dockerConfig), { recursive: true });
    await writeFile(me.dockerConfig, JSON.stringify({ HttpHeaders }), { mode: 0o600 });
  };
  await write({
    'X-Meta-Source': 'ci',
    'x-meta-team': 'red',
    Authorization: 'Basic c2VjcmV0',
    'X-Other': 'no',
  });
  await me.reg(['pull', '--header', 'X-Meta-Team: blue', `${front.host}/app:1`]);
  assert.ok(front.requests.length > 0);
  for (const { headers } of front.requests) {
    assert.deepEqual([headers['x-meta-source'], headers['x-meta-team']], ['ci', 'blue']);
    assert.deepEqual([headers['authorization'], headers['x-other']], [undefined, undefined]);
  }
  for (const [wrong, said] of [
    [{ 'X-Meta-A': 'secret\r\nHost: evil' }, /HttpHeaders\["X-Meta-A"\] is not a valid header/],
    [{ 'X-Meta-A': 1 }, /HttpHeaders\["X-Meta-A"\] is not a string/],
    ['X-Meta-A: secret', /"HttpHeaders" is not an object/],
  ] as const) {
    await write(wrong);
    const { stderr } = await me.fails(2, ['pull', `${front.host}/app:1`]);
    assert.match(stderr, said);
    assert.doesNotMatch(stderr, /secret|evil/);
  }
});

test('a header that is none, or not ours to set, is a mistake of usage that shows no value', async (t) => {
  const me = await createPerson(t);
  for (const [header, said] of [
    ['Authorization: Basic c2VjcmV0', /may not set "Authorization": .* Use "reg login"/],
    ['X-Team: secret\r\nHost: evil', /invalid --header "X-Team"/],
  ] as const) {
    const { stderr } = await me.fails(2, ['pull', '--header', header, 'nginx']);
    assert.match(stderr, said);
    assert.doesNotMatch(stderr, /c2VjcmV0|secret|evil/);
  }
  assert.match((await me.fails(2, ['pull', '--user-agent', 'a\nb', 'nginx'])).stderr, /invalid --user-agent/);
});
