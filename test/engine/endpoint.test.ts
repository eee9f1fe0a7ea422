import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { findEndpoint } from '../../src/engine/endpoint.js';
import { exportImage } from '../../src/engine/engine.js';
import { RegError } from '../../src/errors.js';
import { createAuthority } from '../support/certificates.js';
import { startFakeEngine } from '../support/fake-engine.js';
import { startHttpServer } from '../support/http-server.js';
import { temporaryFolder } from '../support/temp.js';

test('DOCKER_HOST says where the engine is', async () => {
  const found = (host: string) => findEndpoint({ env: { DOCKER_HOST: host } });
  assert.deepEqual(await found('unix:///run/docker.sock'), {
    name: 'unix:///run/docker.sock',
    socketPath: '/run/docker.sock',
  });
  assert.deepEqual(await found('tcp://10.0.0.1:2375'), {
    name: 'tcp://10.0.0.1:2375',
    host: '10.0.0.1',
    port: 2375,
  });
  assert.deepEqual(await found('tcp://[::1]:2375'), { name: 'tcp://[::1]:2375', host: '::1', port: 2375 });
  assert.deepEqual(await found('npipe:////./pipe/docker_engine'), {
    name: 'npipe:////./pipe/docker_engine',
    socketPath: '//./pipe/docker_engine',
  });
});

test('an address that can not be used is refused, without the password in it', async () => {
  for (const [host, code] of [
    ['rubbish', 'INVALID_CONFIG'],
    ['tcp://user:secret@', 'INVALID_CONFIG'],
    ['tcp://host', 'INVALID_CONFIG'],
    ['unix://', 'INVALID_CONFIG'],
    ['ssh://user:secret@host', 'UNSUPPORTED'],
  ] as const) {
    await assert.rejects(findEndpoint({ env: { DOCKER_HOST: host } }), (error) => {
      assert(error instanceof RegError && error.code === code, String(error));
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

test('a docker context says where the engine is, as config.json or DOCKER_CONTEXT names it', async (t) => {
  const home = await temporaryFolder(t);
  const id = createHash('sha256').update('build').digest('hex');
  const meta = join(home, '.docker', 'contexts', 'meta', id);
  await mkdir(meta, { recursive: true });
  await writeFile(
    join(meta, 'meta.json'),
    JSON.stringify({ Name: 'build', Endpoints: { docker: { Host: 'tcp://10.0.0.2:2375' } } }),
  );
  await writeFile(join(home, '.docker', 'config.json'), '{"currentContext":"build"}');
  const here = (env: Readonly<Record<string, string>>) => findEndpoint({ env, home });
  assert.equal((await here({})).host, '10.0.0.2');
  assert.equal((await here({ DOCKER_HOST: 'unix:///x' })).socketPath, '/x');
  assert.match((await here({ DOCKER_CONTEXT: 'default' })).name, /^(unix|npipe):/);
  await assert.rejects(here({ DOCKER_CONTEXT: 'none' }), {
    code: 'INVALID_CONFIG',
    message: 'there is no docker context "none"',
  });
});

test(
  'the socket of podman is found where only that is there',
  { skip: process.platform === 'win32' },
  async (t) => {
    const engine = await startFakeEngine(t);
    const runtime = await temporaryFolder(t);
    await mkdir(join(runtime, 'podman'));
    await symlink(engine.socketPath, join(runtime, 'podman', 'podman.sock'));
    const { socketPath } = await findEndpoint({ env: { XDG_RUNTIME_DIR: runtime } });
    assert.ok(['/var/run/docker.sock', join(runtime, 'podman', 'podman.sock')].includes(socketPath ?? ''));
  },
);

test('an engine is spoken to over TLS with the certificates of DOCKER_CERT_PATH', async (t) => {
  const authority = await createAuthority();
  const server = await startHttpServer(t, ({ response }) => void response.writeHead(404).end('{}'), {
    tls: await authority.issue(['127.0.0.1']),
    clientAuthority: authority.certificate,
  });
  const folder = await temporaryFolder(t);
  const client = await authority.issue(['client']);
  await writeFile(join(folder, 'ca.pem'), authority.certificate);
  await writeFile(join(folder, 'cert.pem'), client.certificate);
  const env = { DOCKER_HOST: `tcp://${server.host}`, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder };
  await assert.rejects(findEndpoint({ env }), { code: 'INVALID_CONFIG' });
  await writeFile(join(folder, 'key.pem'), client.key);
  await assert.rejects(exportImage(await findEndpoint({ env }), 'app:1'), { code: 'NOT_FOUND' });
  await writeFile(join(folder, 'ca.pem'), (await createAuthority('another')).certificate);
  await assert.rejects(exportImage(await findEndpoint({ env }), 'app:1'), { code: 'UNREACHABLE' });
});
