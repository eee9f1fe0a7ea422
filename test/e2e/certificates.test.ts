import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { createAuthority, type Authority, type KeyPair } from '../support/certificates.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { startForwardProxy } from '../support/forward-proxy.js';
import { writeLayout } from '../support/image-files.js';
import { image, layer } from '../support/images.js';
import { createPerson, type Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import type { Scope } from '../support/temp.js';

const PASSWORD = 'open-the-registry';
const REAL = needs('docker-registry', 'htpasswd');

interface Setting {
  readonly me: Person;
  readonly authority: Authority;
  readonly host: string;
  readonly port: number;
}

/** A registry behind TLS of an authority of its own and a password, and a person with an OCI layout `app` at home. */
async function startGuarded(
  scope: Scope,
  options: { readonly clientAuthority?: string; readonly names?: readonly string[] } = {},
): Promise<Setting> {
  const { clientAuthority, names = ['127.0.0.1'] } = options;
  const authority = await createAuthority();
  const registry = await startDockerRegistry(scope, {
    tls: await authority.issue(names),
    auth: { users: { rita: PASSWORD } },
    ...(clientAuthority !== undefined && { clientAuthority }),
  });
  const me = await createPerson(scope);
  await writeLayout(join(me.home, 'app'), { it: image({ layers: [await layer({ a: 'a' })] }) });
  return { me, authority, host: registry.host, port: registry.port };
}

/** Writes files into a folder of the person's home. */
async function put(
  { home }: Person,
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const path = join(home, folder);
  await mkdir(path, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}

/** Logs in, pushes and pulls; answers all that was said on stderr. */
async function useRegistry(
  me: Person,
  host: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const login = ['login', '--debug', '-u', 'rita', '--password-stdin', host];
  const all = [
    await me.reg(login, { stdin: PASSWORD, env }),
    await me.reg(['push', '--debug', '--from', './app', `${host}/app:1`], { env }),
    await me.reg(['pull', '--debug', `${host}/app:1`], { env }),
  ];
  const text = all.map(({ stderr, stdout }) => stderr + stdout).join('');
  assert.doesNotMatch(text, /open-the-|PRIVATE KEY/);
  return text;
}

for (const folder of ['.docker', join('.config', 'docker'), join('.config', 'containers')]) {
  test(`login, push and pull trust who signed for a registry in ~/${folder}/certs.d`, REAL, async (t) => {
    const { me, authority, host } = await startGuarded(t);
    const path = await put(me, join(folder, 'certs.d', host), { 'ca.crt': authority.certificate });
    const said = await useRegistry(me, host);
    assert.ok(said.includes(`how to reach ${host} is said by "${path}"`), said);
  });
}

test('the same through a proxy, for a registry that only the proxy can find', REAL, async (t) => {
  const { me, authority, port } = await startGuarded(t, { names: ['registry.test'] });
  const proxy = await startForwardProxy(t, { names: { 'registry.test:443': port } });
  await put(me, '.docker/certs.d/registry.test', { 'ca.crt': authority.certificate });
  await useRegistry(me, 'registry.test', { HTTPS_PROXY: proxy.url });
  assert.ok(proxy.tunnels.length > 0);
});

test('SSL_CERT_FILE and NODE_EXTRA_CA_CERTS vouch for a registry', REAL, async (t) => {
  const { me, authority, host } = await startGuarded(t);
  await put(me, 'certificates', { 'ca.pem': authority.certificate });
  const file = join(me.home, 'certificates', 'ca.pem');
  for (const name of ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']) await useRegistry(me, host, { [name]: file });
});

test('a registry that asks who we are is told by files in certs.d, or by flags', REAL, async (t) => {
  const clients = await createAuthority('clients');
  const { me, authority, host } = await startGuarded(t, { clientAuthority: clients.certificate });
  const pair: KeyPair = await clients.issue(['rita']);
  const path = await put(me, join('.docker', 'certs.d', host), { 'ca.crt': authority.certificate });
  const nobody = await me.fails(5, ['pull', `${host}/app:1`]);
  assert.match(
    nobody.stderr,
    /it wants to be shown a certificate that it trusts\. Name yours with --cert-file and --key-file/,
  );

  await put(me, 'mine', { 'me.pem': `${pair.certificate}\n${pair.key}` });
  const mine = join(me.home, 'mine', 'me.pem');
  const flags = ['--cert-file', mine, '--key-file', mine];
  await me.reg(['login', ...flags, '-u', 'rita', '--password-stdin', host], { stdin: PASSWORD });
  await me.reg(['push', ...flags, '--from', './app', `${host}/app:1`]);
  const half = await me.fails(2, ['pull', '--cert-file', mine, `${host}/app:1`]);
  assert.match(half.stderr, /--cert-file is nothing without --key-file/);

  await put(me, join('.docker', 'certs.d', host), { 'client.cert': pair.certificate });
  const incomplete = await me.fails(2, ['pull', `${host}/app:1`]);
  assert.ok(incomplete.stderr.includes(`"${join(path, 'client.cert')}" has no client.key beside it`));
  await put(me, join('.docker', 'certs.d', host), { 'client.key': pair.key });
  await useRegistry(me, host);
});

test('what is not trusted says where the certificate of its authority would go', REAL, async (t) => {
  const { me, host } = await startGuarded(t);
  const { stderr } = await me.fails(5, ['pull', `${host}/app:1`]);
  assert.ok(stderr.includes(`with --ca-file, or put it into ~/.docker/certs.d/${host}/ca.crt.`), stderr);
});
