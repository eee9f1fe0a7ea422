import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { Folders } from '../../src/config/folders.js';
import { createMachineSettings } from '../../src/config/host-settings.js';
import type { MirrorSettings } from '../../src/config/mirror-setting.js';
import { parseReference } from '../../src/spec/reference.js';
import { createAuthority } from '../support/certificates.js';
import { failsWith } from '../support/scripted-setup.js';
import { folderWith } from './folder.js';

const daemon = (name: string): string => JSON.stringify({ 'registry-mirrors': [`https://${name}.local`] });
const conf = (name: string): string =>
  `[[registry]]\nlocation = "docker.io"\n[[registry.mirror]]\nlocation = "${name}.local"\n`;

/** Every place that may name a mirror of Docker Hub, the one that counts most first. */
const FILES = {
  desktop: ['home/.docker/daemon.json', daemon('desktop')],
  rootless: ['home/.config/docker/daemon.json', daemon('rootless')],
  'podman-own': ['home/.config/containers/registries.conf.d/a.conf', conf('podman-own')],
  docker: ['etc/docker/daemon.json', daemon('docker')],
  podman: ['etc/containers/registries.conf', conf('podman')],
  containerd: ['etc/containerd/certs.d/docker.io/hosts.toml', '[host."https://containerd.local"]\n'],
} as const;

async function machine(context: TestContext, files: Readonly<Record<string, string>>): Promise<Folders> {
  const root = await folderWith(context, files);
  const home = join(root, 'home');
  return { docker: join(home, '.docker'), home, config: join(home, '.config'), system: join(root, 'etc') };
}

async function firstMirror(folders: Folders, mirrors: MirrorSettings = {}): Promise<string | undefined> {
  const route = await createMachineSettings({ folders, mirrors }).route(parseReference('nginx'));
  return route?.mirrors[0]?.host;
}

test("of all that name mirrors one decides: flag, variable, the person's files, the system's", async (context) => {
  const names = Object.keys(FILES);
  for (const [at, name] of names.entries()) {
    const present = Object.entries(FILES)
      .slice(at)
      .map(([, file]) => file);
    const expected = name === 'podman' ? 'podman.local' : `${name}.local`;
    assert.equal(await firstMirror(await machine(context, Object.fromEntries(present))), expected);
  }
  const all = await machine(context, Object.fromEntries(Object.values(FILES)));
  const variable = 'docker.io=https://variable.local';
  assert.equal(await firstMirror(all, { variable }), 'variable.local');
  assert.equal(await firstMirror(all, { variable, flags: ['docker.io=flag.local'] }), 'flag.local');
  assert.equal(await firstMirror(all, { flags: ['none'] }), undefined);
});

test('what is said of another registry decides nothing', async (context) => {
  const folders = await machine(context, Object.fromEntries([FILES.containerd]));
  assert.equal(await firstMirror(folders, { flags: ['ghcr.io=https://flag.local'] }), 'containerd.local');
});

test('what is blocked stays so whatever mirrors there are', async (context) => {
  const folders = await machine(context, {
    'home/.config/containers/registries.conf': '[[registry]]\nlocation = "docker.io"\nblocked = true\n',
  });
  await assert.rejects(firstMirror(folders, { flags: ['docker.io=m.local'] }), failsWith('DENIED'));
});

test('settings of a host are put together from all files, which are named', async (context) => {
  const { certificate } = await createAuthority();
  const folders = await machine(context, {
    'home/.docker/certs.d/a.example/ca.crt': certificate,
    'etc/docker/daemon.json': JSON.stringify({ 'insecure-registries': ['a.example'] }),
    'etc/containerd/certs.d/a.example/hosts.toml': '[header]\nx-a = "1"',
  });
  const { settings } = createMachineSettings({ folders });
  const found = await settings('a.example');
  assert.deepEqual(found.settings.authorities, [certificate]);
  assert.equal(found.settings.insecure, true);
  assert.equal(found.settings.scheme, 'ask');
  assert.deepEqual(found.settings.headers, { 'x-a': '1' });
  const { docker = '', system = '' } = folders;
  assert.deepEqual(found.from, [
    join(docker, 'certs.d', 'a.example'),
    join(system, 'docker', 'daemon.json'),
    join(system, 'containerd', 'certs.d', 'a.example', 'hosts.toml'),
  ]);
  const other = await settings('b.example');
  assert.deepEqual(other.from, []);
  assert.equal(other.settings.insecure, undefined);
});

test('a host that registries.conf calls insecure is; the mark on a part of it is for images of that part', async (context) => {
  const folders = await machine(context, {
    'etc/containers/registries.conf':
      '[[registry]]\nlocation = "a.example"\ninsecure = true\n[[registry]]\nlocation = "b.example/old"\ninsecure = true\n',
  });
  const { settings, route } = createMachineSettings({ folders });
  assert.equal((await settings('a.example')).settings.insecure, true);
  assert.equal((await settings('b.example')).settings.insecure, undefined);
  assert.equal((await route(parseReference('b.example/old/i')))?.instead?.settings.insecure, true);
  assert.equal(await route(parseReference('b.example/new/i')), undefined);
});

for (const [title, words] of [
  ['no host', 'https://m.local'],
  ['no URL', 'docker.io='],
  ['another scheme', 'docker.io=ftp://m.local'],
  ['a password', 'docker.io=https://me:secret@m.local'],
] as const) {
  test(`a mirror with a mistake is refused, and not shown: ${title}`, async (context) => {
    const folders = await machine(context, {});
    for (const [mirrors, code] of [
      [{ flags: [words] }, 'INVALID_ARGUMENT'],
      [{ variable: words }, 'INVALID_CONFIG'],
    ] as const) {
      const error = await firstMirror(folders, mirrors).catch((caught: unknown) => caught);
      failsWith(code, /^invalid (--mirror|REG_MIRRORS)/)(error);
      assert.doesNotMatch(String(error), /secret/);
    }
  });
}

test('REG_MIRRORS holds several, with blanks or commas between them', async (context) => {
  const folders = await machine(context, {});
  const variable = 'ghcr.io=https://a.local, docker.io=https://b.local\ndocker.io=c.local:5000';
  const { route } = createMachineSettings({ folders, mirrors: { variable } });
  const found = await route(parseReference('nginx'));
  assert.deepEqual(
    found?.mirrors.map(({ root }) => root),
    ['https://b.local/v2', 'https://c.local:5000/v2'],
  );
  assert.equal(found?.from, 'REG_MIRRORS');
});
