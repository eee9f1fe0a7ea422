import assert from 'node:assert/strict';
import { readFile, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

import { sha256 } from '../support/contents.js';
import { bareEnvironment, startChild } from '../support/child.js';
import { startDockerHub, type DockerHub } from '../support/docker-hub.js';
import { needsEngine, startDockerEngine, type DockerEngine } from '../support/docker-engine.js';
import { startFakeEngine } from '../support/fake-engine.js';
import { ask } from '../support/http-client.js';
import { busyboxImage, image, layer, sampleIndex, type TestGraph } from '../support/images.js';
import { createPerson, type Person, succeeded } from '../support/person.js';
import { needs, programPath } from '../support/programs.js';
import { pushGraph } from '../support/push-graph.js';
import { rootfsImage } from '../support/rootfs-image.js';
import { startServe, type Served } from '../support/serve.js';
import { temporaryFolder, type Scope } from '../support/temp.js';
import { untar, walkBelow } from '../support/walk.js';

async function withImage(
  t: Scope,
  graph: TestGraph,
): Promise<{ readonly me: Person; readonly host: string }> {
  const { host, origin } = await startServe(t, await createPerson(t));
  await pushGraph(`${origin}/v2/team/app`, graph, { tag: '1' });
  return { me: await createPerson(t), host };
}

/** As its hosts.toml says, by the cache. */
async function containerdPulls(
  scope: Scope,
  image: string,
  { engine, cache }: { readonly engine: DockerEngine; readonly cache: Served },
): Promise<void> {
  const hosts = await temporaryFolder(scope);
  await mkdir(join(hosts, 'docker.io'));
  await writeFile(join(hosts, 'docker.io', 'hosts.toml'), `[host."${cache.origin}"]`);
  const where = ['--address', engine.containerd, 'images', 'pull', '--hosts-dir', hosts];
  const command = [programPath('ctr'), ...where, '--snapshotter', 'native', image] as const;
  succeeded(await (await startChild(scope, command, { env: bareEnvironment() })).ended);
}

test('an image goes into an engine as a tar, and comes out of it again with its digest', async (t) => {
  const engine = await startFakeEngine(t);
  const graph = image({ layers: [await layer({ a: 'app' })] });
  const { me, host } = await withImage(t, graph);
  const env = { DOCKER_HOST: `unix://${engine.socketPath}` };
  const { stdout } = await me.reg(['copy', `${host}/team/app:1`, 'docker-daemon:app:1'], { env });
  assert.equal(stdout, `docker-daemon:app:1: digest: ${graph.descriptor.digest}\n`);
  engine.images.set('app:1', engine.loaded[0] ?? Buffer.alloc(0));
  const copied = await me.reg(['copy', 'docker-daemon:app:1', 'store:back:1', '--json'], { env });
  assert.equal((JSON.parse(copied.stdout) as { digest: string }).digest, graph.descriptor.digest);
  await me.reg(['push', '--from', 'docker-daemon:app:1', `${host}/team/app:2`], { env });
});

test('of an index an engine gets one platform', async (t) => {
  const engine = await startFakeEngine(t);
  const { me, host } = await withImage(t, await sampleIndex());
  const env = { DOCKER_HOST: `unix://${engine.socketPath}` };
  const { stdout } = await me.reg(
    ['copy', '--json', '-p', 'linux/arm64', `${host}/team/app:1`, 'docker-daemon:app'],
    { env },
  );
  assert.match(stdout, /"platform":"linux\/arm64/);
  assert.match(stdout, /"name":"docker.io\/library\/app:latest"/);
});

test('an engine that is not there, or refuses, ends with the exit code of its kind', async (t) => {
  const engine = await startFakeEngine(t);
  const { me, host } = await withImage(t, image({ layers: [] }));
  const source = `${host}/team/app:1`;
  const env = { DOCKER_HOST: `unix://${engine.socketPath}` };
  await me.fails(3, ['copy', 'docker-daemon:none', 'oci:x'], { env });
  await me.fails(5, ['copy', source, 'docker-daemon:app'], { env: { DOCKER_HOST: 'unix:///nowhere' } });
  await me.fails(2, ['copy', source, 'docker-daemon:app'], { env: { DOCKER_HOST: 'nowhere' } });
  await me.fails(2, ['copy', '--no-clobber', source, 'docker-daemon:app'], { env });
  engine.handle = (request, response) => {
    request.resume().on('end', () => response.end('{"error":"it is full"}'));
  };
  const { stderr } = await me.fails(7, ['copy', source, 'docker-daemon:app'], { env });
  assert.match(stderr, /says "it is full"/);
});

const ENGINE = { skip: needsEngine().skip || needs('busybox', 'ctr', 'docker-registry').skip };

suite('a real Docker engine', ENGINE, () => {
  const hooks: (() => Promise<void> | void)[] = [];
  let engine: DockerEngine;
  let hub: DockerHub;
  let cache: Served;
  before(async () => {
    const scope = { after: (hook: () => Promise<void> | void) => void hooks.push(hook) };
    hub = await startDockerHub(scope);
    const flags = ['--proxy-of', 'docker.io', '--ca-file', hub.authorityFile, ...hub.resolveFlags];
    cache = await startServe(scope, await createPerson(scope), flags);
    engine = await startDockerEngine(scope, { mirrors: [cache.origin] });
  });
  after(async () => {
    for (const hook of hooks.toReversed()) await hook();
  });

  test('loads and runs what reg save wrote, and saves what reg push takes', async (t) => {
    const { me, host } = await withImage(t, await busyboxImage());
    const name = `${host}/team/app:1`;
    await me.reg(['pull', name]);
    await me.reg(['save', name, '-o', 'app.tar']);
    assert.match(await engine.load(await readFile(join(me.home, 'app.tar'))), /Loaded image: /);
    assert.equal(await engine.run(name, ['/bin/busybox', 'echo', 'hello']), 'hello\r\n');
    const stdin = await engine.save(name);
    await me.reg(['push', '--from', '-', `${host}/team/saved:1`], { stdin });
    await me.reg(['copy', `${host}/team/saved:1`, 'docker-daemon:again:1'], {
      env: { DOCKER_HOST: engine.host },
    });
    assert.equal(await engine.run('again:1', ['/bin/busybox', 'echo', 'again']), 'again\r\n');
  });

  test('pulls from and pushes to reg serve, and has Docker Hub by its cache', async (t) => {
    const made = await busyboxImage();
    const { host } = await withImage(t, made);
    await engine.pull(`${host}/team/app:1`);
    assert.equal(await engine.run(`${host}/team/app:1`, ['/bin/busybox', 'echo', 'pulled']), 'pulled\r\n');
    await engine.pushAs(`${host}/team/app:1`, `${host}/team/pushed:2`);
    const { body } = await ask(`http://${host}/v2/team/pushed/manifests/2`);
    const { config } = JSON.parse(body.toString()) as { readonly config: { readonly digest: string } };
    assert.equal(config.digest, sha256(made.config));

    await pushGraph(`${hub.storage.origin}/v2/team/hubbed`, made, { tag: '1' });
    await engine.pull('team/hubbed:1');
    await containerdPulls(t, 'docker.io/team/hubbed:1', { engine, cache });
    assert.equal(await engine.run('team/hubbed:1', ['/bin/busybox', 'echo', 'hub']), 'hub\r\n');
    assert.ok(hub.registry.requests.every(({ headers }) => String(headers['user-agent']).startsWith('reg/')));
  });

  test('takes in and gives out images by docker-daemon:', async (t) => {
    const { me, host } = await withImage(t, await busyboxImage());
    const env = { DOCKER_HOST: engine.host };
    await me.reg(['copy', `${host}/team/app:1`, 'docker-daemon:direct:1'], { env });
    assert.equal(await engine.run('direct:1', ['/bin/busybox', 'echo', 'direct']), 'direct\r\n');
    await me.reg(['copy', 'docker-daemon:direct:1', `${host}/team/direct:1`], { env });
    await me.reg(['pull', `${host}/team/direct:1`]);
    await me.fails(3, ['copy', 'docker-daemon:nothing:1', 'oci:x'], { env });
  });

  test('runs what reg append and reg edit made of an image', async (t) => {
    const { me, host } = await withImage(t, await busyboxImage());
    const env = { DOCKER_HOST: engine.host };
    await mkdir(join(me.home, 'more'));
    await writeFile(join(me.home, 'more', 'greet'), '#!/bin/sh\necho $GREETING, $(id -u)\n', { mode: 0o700 });
    const [added, run] = [`${host}/team/added:1`, ['--env', 'GREETING=hi', '--user', '1000']];
    await me.reg(['append', '-q', `${host}/team/app:1`, 'more', '--to', '/srv', '-o', added]);
    await me.reg(['edit', '-q', added, ...run, '--workdir', '/srv', '-o', 'docker-daemon:made:1'], { env });
    assert.equal(await engine.run('made:1', ['./greet']), 'hi, 1000\r\n');
  });

  test('has the same file system of an image as reg unpack and reg export', async (t) => {
    const { me, host } = await withImage(t, rootfsImage());
    const env = { DOCKER_HOST: engine.host };
    await me.reg(['copy', `${host}/team/app:1`, 'docker-daemon:rootfs:1'], { env });
    await writeFile(join(me.home, 'docker.tar'), await engine.exportRootfs('rootfs:1'));
    await untar(t, join(me.home, 'docker.tar'), join(me.home, 'docker'));
    await me.reg(['unpack', 'docker-daemon:rootfs:1', 'unpacked'], { env });
    await me.reg(['export', `${host}/team/app:1`, '-o', 'flat.tar']);
    await untar(t, join(me.home, 'flat.tar'), join(me.home, 'flat'));
    const [docker, unpacked, flat] = ['docker', 'unpacked', 'flat'].map((name) =>
      walkBelow(join(me.home, name)),
    );
    assert.deepEqual(unpacked, flat);
    // What docker puts into every container.
    const added = /^(?:\.dockerenv|dev|etc|proc|sys)(?:\/|$)/;
    const own = Object.entries(docker ?? {}).filter(([path]) => !added.test(path));
    assert.deepEqual(Object.fromEntries(own), unpacked);
  });
});
