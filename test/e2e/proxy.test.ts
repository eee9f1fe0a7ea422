import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startByteProxy } from '../support/byte-proxy.js';
import { createAuthority } from '../support/certificates.js';
import { patternContent } from '../support/contents.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { startForwardProxy } from '../support/forward-proxy.js';
import { writeLayout } from '../support/image-files.js';
import { image } from '../support/images.js';
import type { TestImage } from '../support/images.js';
import { createPerson } from '../support/person.js';
import type { Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import type { Scope } from '../support/temp.js';
import { startTinyproxy } from '../support/tinyproxy.js';

const MIB = 1024 * 1024;
const LARGE = 8 * MIB;
/** What may come on top of the bytes of the layer: handshakes, headers, manifest and config. */
const SLACK = 128 * 1024;

const PROXY = { username: 'paula', password: 'open-the-proxy' };
const REGISTRY = { username: 'rita', password: 'open-the-registry' };

/** A registry with TLS and a password at registry.test, which only a proxy can find; one without both at port 5000. */
async function startBehind(scope: Scope): Promise<Setting> {
  const me = await createPerson(scope);
  const authority = await createAuthority();
  const caFile = join(me.home, 'ca.pem');
  await writeFile(caFile, authority.certificate);
  const users = { [REGISTRY.username]: REGISTRY.password };
  const secure = await startDockerRegistry(scope, {
    tls: await authority.issue(['registry.test']),
    auth: { users },
  });
  const plain = await startDockerRegistry(scope);
  const content = await patternContent(LARGE, 1);
  const made = image({ layers: [{ blob: content, tar: content }] });
  const layout = join(me.home, 'layout');
  await writeLayout(layout, { app: made });
  const names = { 'registry.test:443': secure.port, 'registry.test:5000': plain.port };
  return { me, made, layout, names, trust: ['--ca-file', caFile] };
}

interface Setting {
  readonly me: Person;
  readonly made: TestImage;
  /** The folder of an OCI layout with the image. */
  readonly layout: string;
  readonly names: Readonly<Record<string, number>>;
  readonly trust: readonly string[];
}

/** Logs in, pushes and pulls, with all that `--debug` tells; no password may be in that. */
async function useBoth({ me, made, layout, trust }: Setting, proxy: string): Promise<void> {
  const env = { HTTPS_PROXY: proxy, http_proxy: proxy };
  const run = async (args: readonly string[], stdin?: string): Promise<string> => {
    const ended = await me.reg([...args, '--debug'], { env, ...(stdin !== undefined && { stdin }) });
    assert.doesNotMatch(ended.stdout + ended.stderr, /open-the-|Basic /);
    assert.match(ended.stderr, /by the proxy 127\.0\.0\.1:\d+\)/);
    return ended.stdout;
  };
  const { username, password } = REGISTRY;
  await run(['login', 'registry.test', '-u', username, '--password-stdin', ...trust], password);
  for (const [name, flags] of [
    ['registry.test/app:1', trust],
    ['registry.test:5000/app:1', ['--plain-http']],
  ] as const) {
    await run(['push', name, '--from', layout, ...flags]);
    const result: Record<string, unknown> = JSON.parse(await run(['pull', '--json', name, ...flags]));
    assert.equal(result['digest'], made.descriptor.digest);
  }
}

function withLogin(url: string): string {
  return url.replace('//', `//${PROXY.username}:${PROXY.password}@`);
}

const REAL = needs('docker-registry', 'htpasswd');

test('login, push and pull go through a proxy, and tell no password', REAL, async (t) => {
  const setting = await startBehind(t);
  const proxy = await startForwardProxy(t, { names: setting.names, login: PROXY });
  await useBoth(setting, withLogin(proxy.url));
  assert.ok(proxy.tunnels.every((authority) => authority === 'registry.test:443'));
  assert.ok(proxy.requests.every(({ path }) => path.startsWith('http://registry.test:5000/v2/')));
});

test(
  'login, push and pull go through tinyproxy',
  needs('docker-registry', 'htpasswd', 'tinyproxy'),
  async (t) => {
    const setting = await startBehind(t);
    const inner = await startForwardProxy(t, { names: setting.names });
    const proxy = await startTinyproxy(t, { upstream: inner.port, login: PROXY });
    await useBoth(setting, withLogin(proxy.url));
    assert.ok(inner.tunnels.length > 0 && inner.requests.length > 0);

    const pull = ['pull', 'registry.test/app:1', ...setting.trust];
    const locked = await setting.me.fails(4, pull, { env: { all_proxy: proxy.url } });
    assert.match(
      locked.stderr,
      /the proxy 127\.0\.0\.1:\d+ \(for registry\.test:443\) wants a password\. Write all_proxy as/,
    );
  },
);

test('a proxy that dies in the middle of a layer costs no byte twice', REAL, async (t) => {
  const { me, made, layout, names } = await startBehind(t);
  const proxy = await startForwardProxy(t, { names });
  const line = await startByteProxy(t, proxy);
  const flags = ['--proxy', `http://${line.host}`, '--plain-http'];
  const name = 'registry.test:5000/app:1';
  await me.reg(['push', name, '--from', layout, ...flags]);
  const before = line.bytes.down;
  line.faults = { cutAfter: LARGE / 2, times: 1 };
  const { stdout } = await me.reg(['pull', '--json', name, ...flags]);
  assert.equal(line.connections.hit, 1);
  const result: Record<string, unknown> = JSON.parse(stdout);
  assert.equal(result['digest'], made.descriptor.digest);
  assert.ok(line.bytes.down - before <= LARGE + SLACK, `fetched ${line.bytes.down - before} bytes`);
});

test('a tunnel that breaks in the middle of a layer is opened again', REAL, async (t) => {
  const { me, made, layout, names, trust } = await startBehind(t);
  const proxy = await startForwardProxy(t, { names });
  const line = await startByteProxy(t, proxy);
  const env = { https_proxy: `http://${line.host}` };
  const { username, password } = REGISTRY;
  const login = ['login', 'registry.test', '-u', username, '--password-stdin'];
  await me.reg([...login, ...trust], { env, stdin: password });
  await me.reg(['push', 'registry.test/app:1', '--from', layout, ...trust], { env });
  const before = line.bytes.down;
  line.faults = { cutAfter: LARGE / 2, times: 1 };
  const { stdout } = await me.reg(['pull', '--json', 'registry.test/app:1', ...trust], { env });
  assert.equal(line.connections.hit, 1);
  const result: Record<string, unknown> = JSON.parse(stdout);
  assert.equal(result['digest'], made.descriptor.digest);
  assert.ok(line.bytes.down - before <= LARGE + SLACK, `fetched ${line.bytes.down - before} bytes`);
});

test('what is wrong with a proxy is said, and --proxy goes before the environment', async (t) => {
  const me = await createPerson(t);
  const pull = ['pull', 'registry.invalid/app:1'];
  const env = { HTTPS_PROXY: 'http://paula:open-the-proxy@127.0.0.1:9' };
  const refused = await me.fails(5, pull, { env });
  assert.match(
    refused.stderr,
    /cannot connect to the proxy 127\.0\.0\.1:9 \(for registry\.invalid:443\): .* HTTPS_PROXY/,
  );
  const none = await me.fails(5, [...pull, '--proxy', 'none'], { env });
  assert.match(none.stderr, /cannot connect to registry\.invalid:443: /);
  const bad = await me.fails(2, [...pull, '--proxy', 'socks5://paula:open-the-proxy@127.0.0.1'], { env });
  assert.match(bad.stderr, /--proxy is not the URL of an http or https proxy/);
  for (const { stderr } of [refused, none, bad]) assert.doesNotMatch(stderr, /open-the-proxy/);
});
