import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { createContainerd } from '../../src/config/containerd.js';
import { parseReference } from '../../src/spec/reference.js';
import { createAuthority } from '../support/certificates.js';
import { failsWith } from '../support/scripted-setup.js';
import { folderWith } from './folder.js';

test('the directory with the port goes before the one without, and that before the default', async (context) => {
  const host = (name: string): string => `[host."https://${name}.local"]\n`;
  const root = await folderWith(context, {
    'a.example_5000_/hosts.toml': host('port'),
    'a.example/hosts.toml': host('plain'),
    '_default/hosts.toml': host('default'),
  });
  const { route } = createContainerd(root);
  const first = async (image: string): Promise<unknown> =>
    (await route(parseReference(image)))?.mirrors[0]?.host;
  assert.equal(await first('a.example:5000/i'), 'port.local');
  assert.equal(await first('a.example/i'), 'plain.local');
  assert.equal(await first('nginx'), 'default.local');
});

test('hosts are tried in order, then the server; one that may not resolve is marked', async (context) => {
  const root = await folderWith(context, {
    'docker.io/hosts.toml': `
      server = "https://docker.io"
      [host."https://public-mirror.example.com"]
        capabilities = ["pull"]
      [host."http://mirror.internal:5000"]
        capabilities = ["pull", "resolve", "push"]
        skip_verify = true
        dial_timeout = "500ms"
        [host."http://mirror.internal:5000".header]
          X-Team = "red"
      [host."https://push.example.com"]
        capabilities = ["push"]`,
  });
  const found = await createContainerd(root).route(parseReference('nginx'));
  assert.deepEqual(found, {
    from: join(root, 'docker.io', 'hosts.toml'),
    mirrors: [
      {
        host: 'public-mirror.example.com',
        path: 'library/nginx',
        root: 'https://public-mirror.example.com/v2',
        namespace: 'docker.io',
        resolves: false,
        settings: {},
      },
      {
        host: 'mirror.internal:5000',
        path: 'library/nginx',
        root: 'http://mirror.internal:5000/v2',
        namespace: 'docker.io',
        resolves: true,
        settings: { insecure: true, connectTimeoutMs: 500, headers: { 'x-team': 'red' } },
      },
    ],
  });
});

test('a server that is another host takes the place of the registry', async (context) => {
  const root = await folderWith(context, { '_default/hosts.toml': 'server = "https://only.example.com"' });
  const found = await createContainerd(root).route(parseReference('ghcr.io/o/app'));
  assert.deepEqual(found?.mirrors, []);
  assert.equal(found?.instead?.root, 'https://only.example.com/v2');
  assert.equal(found?.instead?.namespace, 'ghcr.io');
  assert.equal(await createContainerd(root).settings('ghcr.io'), undefined);
});

test('the registry itself among the hosts ends the search', async (context) => {
  const root = await folderWith(context, {
    'docker.io/hosts.toml': `
      [host."https://m.example"]
      [host."https://registry-1.docker.io"]
      [host."https://never.example"]`,
  });
  const found = await createContainerd(root).route(parseReference('nginx'));
  assert.deepEqual(
    found?.mirrors.map(({ host }) => host),
    ['m.example'],
  );
  assert.equal(found?.instead?.host, 'docker.io');
  assert.equal(found?.instead?.root, undefined);
});

test('what stands at the root of the file is for the registry itself', async (context) => {
  const { certificate } = await createAuthority();
  const root = await folderWith(context, {
    'a.example/hosts.toml':
      'server = "https://a.example"\nca = "ca.pem"\nskip_verify = true\n[header]\nx-a = "1"',
    'a.example/ca.pem': certificate,
    'b.example/hosts.toml': 'server = "http://b.example"',
  });
  const { settings } = createContainerd(root);
  assert.deepEqual(await settings('a.example'), {
    settings: { authorities: [certificate], insecure: true, headers: { 'x-a': '1' } },
    from: join(root, 'a.example', 'hosts.toml'),
  });
  assert.equal((await settings('b.example'))?.settings.scheme, 'http');
  assert.equal(await settings('c.example'), undefined);
});

test('without a hosts.toml the directory holds certificates as docker has them', async (context) => {
  const { certificate } = await createAuthority();
  const root = await folderWith(context, { 'a.example/ca.crt': certificate });
  const containerd = createContainerd(root);
  assert.deepEqual((await containerd.settings('a.example'))?.settings.authorities, [certificate]);
  assert.equal(await containerd.route(parseReference('a.example/i')), undefined);
});

test('a broken file is an error, and none is nothing', async (context) => {
  const root = await folderWith(context, { 'a.example/hosts.toml': 'server =' });
  await assert.rejects(
    createContainerd(root).route(parseReference('a.example/i')),
    failsWith('INVALID_CONFIG', /hosts\.toml" is not TOML: line 1, column \d+/),
  );
  for (const nowhere of [undefined, join(root, 'nowhere')])
    assert.equal(await createContainerd(nowhere).route(parseReference('a.example/i')), undefined);
});

test('a proxy is for the host that it stands at, and none where proxies are not wanted', async (context) => {
  const root = await folderWith(context, {
    'ghcr.io/hosts.toml': `proxy = "http://direct:8080"
      [host."https://mirror.test"]
        proxy = "http://me:secret@near:8080"`,
  });
  const containerd = createContainerd(root);
  const found = await containerd.route(parseReference('ghcr.io/o/app'));
  assert.equal(found?.mirrors[0]?.settings.proxy?.url, 'http://me:secret@near:8080');
  assert.match(found?.mirrors[0]?.settings.proxy?.from ?? '', /^"proxy" in .*hosts\.toml/);
  assert.equal((await containerd.settings('ghcr.io'))?.settings.proxy?.url, 'http://direct:8080');
  const without = createContainerd(root, { withProxies: false });
  assert.equal((await without.settings('ghcr.io'))?.settings.proxy, undefined);
  assert.equal((await without.route(parseReference('ghcr.io/o/app')))?.mirrors[0]?.settings.proxy, undefined);
});
