/** `reg doctor` against a real registry with TLS and tokens, and with each of its checks made to fail. */
import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { platform, version } from 'node:process';
import { test } from 'node:test';
import { createAuthority, type Authority } from '../support/certificates.js';
import { startDockerHub } from '../support/docker-hub.js';
import { startDockerRegistry, type DockerRegistry } from '../support/docker-registry.js';
import { forward } from '../support/forward.js';
import { startForwardProxy } from '../support/forward-proxy.js';
import { startLoggingProxy } from '../support/http-proxy-log.js';
import { reply, startHttpServer, type Exchange } from '../support/http-server.js';
import { writeLayout } from '../support/image-files.js';
import { image, layer } from '../support/images.js';
import { KEYRING, startKeyring } from '../support/keyring.js';
import { createPerson, type Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import { pushGraph } from '../support/push-graph.js';
import { startServe } from '../support/serve.js';
import type { Scope } from '../support/temp.js';
import { startTokenServer } from '../support/token-server.js';

const REAL = needs('docker-registry');
/** Elsewhere there always is one. */
const NO_KEYCHAIN = { skip: platform !== 'linux' && 'it has a keychain' };
const PASSWORD = 'very-secret-password';
/** A host whose name no DNS knows. */
const NAMED = 'registry.test';

/** What was found, by the name of the check. */
type Found = Readonly<Record<string, Finding>>;

interface Finding {
  readonly check: string;
  readonly verdict: string;
  readonly text: string;
  readonly hint?: string;
}

test('all is well: a registry with TLS and tokens, a login, an image', REAL, async (t) => {
  const { me, host, flags, registry } = await setUp(t);
  const before = await filesOf(registry);
  const { stdout, stderr } = await me.reg(['doctor', '--debug', ...flags, `${host}/team/app:1`]);
  const lines = stdout.replaceAll(me.home, 'HOME').replaceAll(host, 'HOST').split('\n');
  for (const [at, line] of [
    /^- Settings {7}none for this registry$/,
    /^- Mirrors {8}none for HOST$/,
    /^- Proxy {10}none$/,
    /^- Name {11}127\.0\.0\.1 is an address$/,
    /^✓ Connection {5}to HOST in \d+ ms$/,
    /^✓ Certificate {4}for 127\.0\.0\.1, by reg test CA, good until \d{4}-\d\d-\d\d \(\d+ days?\), TLSv1\.3$/,
    /^ {17}It ends soon: whoever runs the registry should renew it\.$/,
    /^✓ Registry {7}answers 401 to \/v2\/: wants a token from https:\/\/127\.0\.0\.1:\d+\/token \(service "registry\.test"\)$/,
    /^✓ Clock {10}in step with the registry$/,
    /^✓ Login {10}a refresh token of "ann", from /,
    /^✓ Access {9}the login is accepted$/,
    /^✓ Token {10}from 127\.0\.0\.1:\d+, for repository:team\/app:pull, good for 5 minutes$/,
    /^✓ Image {10}HOST\/team\/app:1 is sha256:[0-9a-f]{12}, an image$/,
    /^- Rate limit {5}the registry says nothing of one$/,
    /^- Referrers {6}not listed by the registry: tags stand in for that$/,
    /^✓ Ranges {9}broken downloads go on where they stopped$/,
    /^✓ Deletion {7}images can be deleted$/,
    /^✓ Catalog {8}repositories are listed$/,
    /^✓ Store {10}".*store": 0 images, 0 B$/,
    /^✓ Disk {11}.* of .* are free$/,
  ].entries())
    assert.match(lines[at] ?? '', line);
  assert.deepEqual(lines.slice(20), ['']);
  assert.doesNotMatch(stdout + stderr, /very-secret|eyJ/);
  assert.ok(!stdout.includes('\u001b'), 'colours are for terminals');
  assert.deepEqual(await filesOf(registry), before, 'nothing was changed');
});

test('the same for programs: one object a check', REAL, async (t) => {
  const { me, host, flags } = await setUp(t);
  const found = parse((await me.reg(['doctor', '--json', ...flags, `${host}/team/app:1`])).stdout);
  assert.equal(found['login']?.verdict, 'good');
  assert.equal(Object.keys(found).length, 19);
  assert.deepEqual(Object(found['certificate']).names, ['127.0.0.1']);
});

test('a registry without an image is asked for less', REAL, async (t) => {
  const { me, host, flags } = await setUp(t);
  const found = parse((await me.reg(['doctor', '--json', ...flags, host])).stdout);
  assert.deepEqual(
    Object.keys(found),
    'settings mirrors proxy name connection certificate api clock login access token catalog store disk'.split(
      ' ',
    ),
  );
  assert.match(found['token']?.text ?? '', /for nothing in particular, good for 5 minutes/);
});

test('a name that nobody knows', async (t) => {
  const found = await examine(t, { exit: 5, target: 'nobody.invalid', bad: 'name' });
  assert.match(found['name']?.text ?? '', /no such host|name service/);
  assert.match(found['connection']?.text ?? '', /^not looked at: Name comes first$/);
  assert.equal(found['login']?.verdict, 'none', 'that does not need it');
  assert.equal(found['store']?.verdict, 'good');
});

test('people are told in one line what was not looked at', async (t) => {
  const me = await createPerson(t);
  const { stdout, stderr } = await me.fails(5, ['doctor', 'nobody.invalid']);
  assert.match(
    stdout,
    /^- Not looked at {2}Connection, Certificate, Registry, Clock, Access, Token, Catalog$/m,
  );
  assert.equal(stderr.replace(/^reg: warning: Node .*\n/, ''), 'reg: 1 of 14 checks found something wrong\n');
});

test('nobody answers', async (t) => {
  const server = await startHttpServer(t, () => {});
  await server.close();
  const found = await examine(t, { exit: 5, target: server.host, bad: 'connection' });
  assert.match(found['connection']?.text ?? '', /the connection is refused/);
});

test('a proxy is named, with what named it and without its password; and one that is not there', async (t) => {
  const authority = await createAuthority();
  const tls = await authority.issue([NAMED]);
  const server = await startHttpServer(t, (exchange) => reply(exchange, 200), { tls });
  const login = { username: 'ann', password: PASSWORD };
  const proxy = await startForwardProxy(t, { names: { [`${NAMED}:443`]: server.port }, login });
  const url = new URL(proxy.url);
  url.username = 'ann';
  url.password = PASSWORD;
  const env = { HTTPS_PROXY: url.href };
  const found = await examine(t, { target: NAMED, env, authority, exit: 0 });
  assert.equal(found['proxy']?.text, `${url.host}, with a password, as HTTPS_PROXY says`);
  assert.match(found['name']?.text ?? '', /is for the proxy .* to look up/);
  assert.match(found['connection']?.text ?? '', /^by the proxy /);
  await proxy.close();
  await examine(t, { target: NAMED, env, authority, exit: 5, bad: 'connection' });
  await examine(t, { target: NAMED, env: { HTTPS_PROXY: 'ftp://x' }, authority, exit: 2, bad: 'proxy' });
});

test('a certificate that is not to be trusted, by whomever, for whatever, and of when', async (t) => {
  const authority = await createAuthority('somebody');
  const start = async (names: readonly string[], expired = false): Promise<string> => {
    const tls = await authority.issue(names, { expired });
    return (await startHttpServer(t, (exchange) => reply(exchange, 200), { tls })).host;
  };
  const unknown = await examine(t, { target: await start(['127.0.0.1']), exit: 5, bad: 'certificate' });
  assert.match(
    unknown['certificate']?.text ?? '',
    /not signed by an authority that this machine trusts .*for 127\.0\.0\.1, by somebody/,
  );
  assert.match(unknown['certificate']?.hint ?? '', /--ca-file/);
  const old = await start(['127.0.0.1'], true);
  const expired = await examine(t, { target: old, authority, exit: 5, bad: 'certificate' });
  assert.match(expired['certificate']?.text ?? '', /has expired .*ended \d{4}-\d\d-\d\d \(0 days ago\)/);
  const other = await start(['other.test']);
  const wrong = await examine(t, { target: other, authority, exit: 5, bad: 'certificate' });
  assert.match(wrong['certificate']?.text ?? '', /for another name .*for other\.test/);
  const unchecked = await examine(t, { target: other, flags: ['--insecure'], exit: 0 });
  assert.match(unchecked['certificate']?.text ?? '', /for other\.test.*; not checked$/);
});

for (const [status, exit, hint] of [
  [404, 7, /Is .* the right host, and a registry\?/],
  [500, 5, /problem of the server/],
] as const) {
  test(`what answers ${status} is no registry`, async (t) => {
    const { host } = await startHttpServer(t, (exchange) => reply(exchange, status));
    const found = await examine(t, { target: host, exit, bad: 'api' });
    assert.match(found['api']?.text ?? '', new RegExp(`answers ${status} to /v2/`));
    assert.match(found['api']?.hint ?? '', hint);
  });
}

test('a clock that is wrong by an hour, and one that is off a little', async (t) => {
  const at = (offMs: number) => (exchange: Exchange) => {
    const date = new Date(Date.now() + offMs).toUTCString();
    reply(exchange, 200, { headers: { date } });
  };
  const ahead = await startHttpServer(t, at(3_600_000));
  const found = await examine(t, { target: ahead.host, exit: 2, bad: 'clock' });
  assert.match(found['clock']?.text ?? '', /^(1 hour|60 minutes) behind the registry$/);
  const near = await startHttpServer(t, at(-60_000));
  const off = await examine(t, { target: near.host, exit: 0 });
  assert.match(off['clock']?.text ?? '', /before the registry$/);
});

test('a login that cannot be read, and one that is not accepted', REAL, async (t) => {
  const { host, authority } = await setUp(t);
  const broken = { DOCKER_AUTH_CONFIG: '{"auths":' };
  const unread = await examine(t, { target: host, authority, env: broken, exit: 2, bad: 'login' });
  assert.match(unread['login']?.text ?? '', /DOCKER_AUTH_CONFIG is not JSON/);
  const wrong = { REG_USERNAME: 'ann', REG_PASSWORD: 'wrong-password' };
  const refused = await examine(t, {
    target: `${host}/team/app:1`,
    authority,
    env: wrong,
    exit: 4,
    bad: 'access',
  });
  assert.match(refused['login']?.text ?? '', /the password of "ann", from REG_USERNAME/);
  assert.match(refused['access']?.text ?? '', /401/);
  assert.match(refused['access']?.hint ?? '', /reg login/);
});

test('a token that allows nothing', async (t) => {
  const tokens = await startTokenServer(t, { grant: () => [] });
  const challenge = `Bearer realm="${tokens.realm}",service="registry.test"`;
  const server = await startHttpServer(t, (exchange) => {
    const isKnown = exchange.log.headers.authorization !== undefined;
    if (!isKnown) return reply(exchange, 401, { headers: { 'www-authenticate': challenge } });
    if (exchange.log.method !== 'HEAD') return reply(exchange, 404);
    const headers = {
      'content-type': 'application/vnd.oci.image.manifest.v1+json',
      'docker-content-digest': `sha256:${'a'.repeat(64)}`,
      'content-length': 100,
    };
    reply(exchange, 200, { headers });
  });
  const found = await examine(t, { target: `${server.host}/team/app:1`, exit: 4, bad: 'token ranges' });
  assert.match(found['token']?.text ?? '', /it does not allow to pull team\/app/);
});

test('an image that is not there', REAL, async (t) => {
  const { host, authority } = await setUp(t);
  const env = { REG_USERNAME: 'ann', REG_PASSWORD: PASSWORD };
  const found = await examine(t, { target: `${host}/team/app:2`, authority, env, exit: 3, bad: 'image' });
  assert.equal(found['access']?.verdict, 'good');
});

test('what is left of the pulls at Docker Hub, without spending one', REAL, async (t) => {
  const made = image({ layers: [await layer({ a: 'a' })] });
  for (const pulls of [100, 0]) {
    const hub = await startDockerHub(t, { pulls });
    for (const name of ['library/nginx', 'ratelimitpreview/test'])
      await pushGraph(`${hub.storage.origin}/v2/${name}`, made, { tag: 'latest' });
    const me = await createPerson(t);
    const flags = ['--json', '--ca-file', hub.authorityFile, ...hub.resolveFlags];
    for (const target of ['docker.io', 'nginx']) {
      const { stdout, code } = await (await me.start(['doctor', ...flags, target])).ended;
      const found = parse(stdout);
      assert.equal(code, pulls === 0 ? 5 : 0);
      assert.equal(found['rate-limit']?.text, `${pulls} of ${pulls} pulls in 6 hours are left`);
      assert.equal(found['rate-limit']?.verdict, pulls === 0 ? 'bad' : 'good');
    }
    const gets = hub.registry.requests.filter(
      ({ method, path }) => method === 'GET' && path.includes('/manifests/'),
    );
    assert.deepEqual(gets, []);
  }
});

test('what a registry cannot do, or will not for everybody, is nothing wrong', REAL, async (t) => {
  const { host, origin } = await startDockerRegistry(t, { deleteEnabled: false });
  await pushGraph(`${origin}/v2/team/app`, image({ layers: [await layer({ a: 'a' })] }), { tag: '1' });
  const found = await examine(t, { target: `${host}/team/app:1`, exit: 0 });
  assert.equal(found['deletion']?.text, 'not by this registry');
  const { host: guarded, authority } = await setUp(t, { hidesCatalog: true });
  const env = { REG_USERNAME: 'ann', REG_PASSWORD: PASSWORD };
  const denied = await examine(t, { target: guarded, authority, env, exit: 0 });
  assert.equal(denied['catalog']?.text, 'not for this login, so it is not known');
});

test(
  'whether pushes are taken is tried out only where that is asked for, and leaves nothing',
  REAL,
  async (t) => {
    const registry = await startDockerRegistry(t);
    await pushGraph(`${registry.origin}/v2/team/app`, image({ layers: [await layer({ a: 'a' })] }), {
      tag: '1',
    });
    const front = await startLoggingProxy(t, registry.origin, {
      intercept: async (exchange) => {
        await forward(exchange, registry.origin, { responseHeaders: { 'oci-chunk-min-length': '5242880' } });
        return true;
      },
    });
    const target = `${front.host}/team/app:1`;
    const untried = await examine(t, { target, exit: 0 });
    assert.deepEqual(
      [untried['push'], front.requests.filter(({ method }) => method === 'POST')],
      [undefined, []],
    );
    const tried = await examine(t, { target, exit: 0, flags: ['--push'] });
    const pieces = 'pieces of a layer have at least 5242880 bytes';
    assert.equal(tried['push']?.text, `an upload was begun, and called off; ${pieces}`);
    const after = front.requests.slice(front.requests.findIndex(({ method }) => method === 'POST'));
    assert.deepEqual(after.map(({ method }) => method).slice(0, 2), ['POST', 'DELETE']);
    const readOnly = await startServe(t, await createPerson(t), ['--read-only']);
    const refused = await examine(t, {
      target: `${readOnly.host}/team/app:1`,
      exit: 7,
      bad: 'image push',
      flags: ['--push'],
    });
    assert.match(refused['push']?.text ?? '', /read-only/);
    const me = await createPerson(t);
    assert.match((await me.fails(2, ['doctor', '--push', front.host])).stderr, /--push needs an image/);
  },
);

test('a registry that lists referrers', async (t) => {
  const owner = await createPerson(t);
  await writeLayout(join(owner.home, 'app'), { it: image({ layers: [await layer({ a: 'a' })] }) });
  const { host } = await startServe(t, owner);
  await owner.reg(['push', '--from', 'oci:app', `${host}/app:1`]);
  const found = await examine(t, { target: `${host}/app:1`, exit: 0 });
  assert.equal(found['referrers']?.text, 'listed by the registry');
});

test('a store that is none, and one where there is no room', async (t) => {
  const { host } = await startHttpServer(t, (exchange) => reply(exchange, 200));
  const me = await createPerson(t);
  await mkdir(me.store);
  await writeFile(join(me.store, 'letter.txt'), 'dear');
  const { stdout } = await me.fails(2, ['doctor', '--json', host]);
  assert.match(parse(stdout)['store']?.text ?? '', /is not empty and not an OCI image layout/);
  if (platform !== 'linux') return;
  // A file system without any blocks.
  const found = await examine(t, { target: host, flags: ['--store', '/proc/store'], exit: 8, bad: 'disk' });
  assert.match(found['disk']?.hint ?? '', /reg prune/);
});

test('without an argument: what this machine has', async (t) => {
  const me = await createPerson(t);
  const bare = parse((await me.reg(['doctor', '--json'])).stdout);
  assert.deepEqual(
    Object.keys(bare),
    'versions environment docker-config containers-auth keychain proxies mirrors certificates store disk'.split(
      ' ',
    ),
  );
  assert.match(bare['docker-config']?.text ?? '', /config\.json" is not there$/);
  const isOld = version.startsWith('v20.');
  assert.match(bare['versions']?.hint ?? '', isOld ? /^Node 20\S* gets no security fixes / : /^$/);
  const auth = Buffer.from(`ann:${PASSWORD}`).toString('base64');
  await writeDockerConfig(me, { auths: { 'ghcr.io': { auth }, 'quay.io': {} } });
  const folder = join(me.home, '.config', 'containers');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'auth.json'), JSON.stringify({ auths: { 'quay.io/team': { auth } } }));
  const env = { GITHUB_TOKEN: PASSWORD, HTTPS_PROXY: `http://ann:${PASSWORD}@127.0.0.1:3128` };
  const { stdout, stderr } = await me.reg(['doctor', '--json', '--debug'], { env });
  const found = parse(stdout);
  assert.match(found['docker-config']?.text ?? '', /^1 in ".*config\.json"$/);
  assert.match(found['containers-auth']?.text ?? '', /^1 in ".*auth\.json"$/);
  assert.equal(found['environment']?.text, 'DOCKER_CONFIG, GITHUB_TOKEN');
  assert.equal(found['proxies']?.text, '127.0.0.1:3128 for https, as HTTPS_PROXY says');
  assert.doesNotMatch(stdout + stderr, /very-secret/);
});

for (const [what, config, exit, says] of [
  ['is cut off', '{"auths":', 2, /config\.json" is not JSON: it is cut off/],
  [
    'has an entry that is none',
    { auths: { 'ghcr.io': { auth: '!' } } },
    2,
    /auths\["ghcr\.io"\]\.auth is not base64/,
  ],
  [
    'names a helper that is missing',
    { credsStore: 'missing' },
    4,
    /docker-credential-missing is not on the PATH/,
  ],
] as const) {
  test(`a config.json that ${what}`, async (t) => {
    const me = await createPerson(t);
    await writeDockerConfig(me, config);
    const { stdout } = await me.fails(exit, ['doctor', '--json']);
    const found = parse(stdout)['docker-config'];
    assert.equal(found?.verdict, 'bad');
    assert.match(found?.text ?? '', says);
  });
}

test('certificates for single registries are found, and what is wrong with them', async (t) => {
  const me = await createPerson(t);
  const folder = join(me.home, '.docker', 'certs.d', 'registry.test');
  await mkdir(folder, { recursive: true });
  const { certificate } = await createAuthority();
  await writeFile(join(folder, 'ca.crt'), certificate);
  const found = parse((await me.reg(['doctor', '--json'])).stdout);
  assert.match(found['certificates']?.text ?? '', /^for registry\.test in ".*certs\.d"$/);
  await writeFile(join(folder, 'ca.crt'), 'nothing');
  const { stdout } = await me.fails(2, ['doctor', '--json']);
  assert.match(parse(stdout)['certificates']?.text ?? '', /ca\.crt" holds no certificate/);
});

test('which files decide how a registry is reached, and by which mirrors', async (t) => {
  const { host } = await startHttpServer(t, (exchange) => reply(exchange, 200));
  const me = await createPerson(t);
  const file = join(me.home, '.config', 'containers', 'registries.conf');
  await mkdir(dirname(file), { recursive: true });
  const mirror = '[[registry.mirror]]\nlocation = "mirror.test:5000"\n';
  const own = `[[registry]]\nlocation = "${host}"\ninsecure = true\n${mirror}`;
  await writeFile(file, `${own}[[registry]]\nlocation = "docker.io"\n${mirror}`);
  const found = parse((await me.reg(['doctor', '--json', host])).stdout);
  assert.match(found['settings']?.text ?? '', /^in ".*registries\.conf"$/);
  assert.match(
    found['mirrors']?.text ?? '',
    /^mirror\.test:5000 before 127\.0\.0\.1:\d+, as .*registries\.conf says$/,
  );
  const { stdout } = await me.reg(['doctor', '--json']);
  assert.match(parse(stdout)['mirrors']?.text ?? '', /^mirror\.test:5000 before docker\.io, as /);
  const flag = await me.reg(['doctor', '--json', '--mirror', `${host}=http://localhost:5001`, host]);
  assert.match(parse(flag.stdout)['mirrors']?.text ?? '', /^localhost:5001 before .*, as --mirror says$/);
  await writeFile(file, `[[registry]]\nlocation = "${host}"\nblocked = true\n`);
  const blocked = parse((await me.fails(4, ['doctor', '--json', host])).stdout);
  assert.equal(blocked['mirrors']?.verdict, 'bad');
  await writeFile(file, '[[registry]\n');
  const broken = parse((await me.fails(2, ['doctor', '--json'])).stdout);
  assert.match(broken['mirrors']?.text ?? '', /registries\.conf/);
});

test('a keychain that is not there any more', NO_KEYCHAIN, async (t) => {
  const me = await createPerson(t);
  const index = join(me.home, '.config', 'reg', 'keychain.json');
  await mkdir(dirname(index), { recursive: true });
  await writeFile(index, JSON.stringify({ logins: { 'ghcr.io': 'ann' } }));
  const { stdout } = await me.fails(4, ['doctor', '--json']);
  const found = parse(stdout)['keychain'];
  assert.equal(found?.verdict, 'bad');
  assert.match(found?.text ?? '', /^no login for ghcr\.io: there is no keychain here/);
});

test('a keychain that has what was put there', needs('docker-registry', ...KEYRING), async (t) => {
  const { host } = await startDockerRegistry(t);
  const me = await createPerson(t);
  const { env } = await startKeyring(t, me.home, 'unlocked');
  await me.reg(['login', '-u', 'ann', '--password-stdin', host], { stdin: PASSWORD, env });
  const found = parse((await me.reg(['doctor', '--json'], { env })).stdout);
  assert.equal(found['keychain']?.text, 'opens, and has 1 login');
});

interface Examination {
  readonly target: string;
  readonly exit: number;
  /** Names of the checks that are to go wrong; all others must not. */
  readonly bad?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  /** Whom to trust. */
  readonly authority?: Authority;
}

/** What `reg doctor` finds for somebody without anything. */
async function examine(
  scope: Scope,
  { target, exit, bad = '', env = {}, flags = [], authority }: Examination,
): Promise<Found> {
  const me = await createPerson(scope);
  const ca = join(me.home, 'ca.crt');
  if (authority !== undefined) await writeFile(ca, authority.certificate);
  const trust = authority === undefined ? [] : ['--ca-file', ca];
  const args = ['doctor', '--json', ...trust, ...flags, target];
  const { stdout, stderr } = await (exit === 0 ? me.reg(args, { env }) : me.fails(exit, args, { env }));
  assert.doesNotMatch(stdout + stderr, /very-secret|wrong-password/);
  const found = parse(stdout);
  const wrong = Object.keys(found).filter((check) => found[check]?.verdict === 'bad');
  assert.equal(wrong.join(' '), bad, stdout);
  return found;
}

function parse(stdout: string): Found {
  const findings = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Finding => JSON.parse(line));
  return Object.fromEntries(findings.map((finding) => [finding.check, finding]));
}

interface Setting {
  readonly me: Person;
  readonly registry: DockerRegistry;
  readonly host: string;
  readonly authority: Authority;
  readonly flags: readonly string[];
}

/** A registry with TLS and tokens, with an image, and a person who is logged in there. */
async function setUp(scope: Scope, { hidesCatalog = false } = {}): Promise<Setting> {
  const authority = await createAuthority();
  const tls = await authority.issue(['127.0.0.1']);
  const tokens = await startTokenServer(scope, {
    tls,
    users: { ann: PASSWORD },
    grant: (user, { type, actions }) =>
      user === undefined || (type === 'registry' && hidesCatalog) ? [] : actions,
  });
  const registry = await startDockerRegistry(scope, { tls, auth: { token: tokens.trust } });
  const me = await createPerson(scope);
  await writeFile(join(me.home, 'ca.crt'), authority.certificate);
  await writeLayout(join(me.home, 'app'), { it: image({ layers: [await layer({ a: 'a' })] }) });
  const flags = ['--ca-file', 'ca.crt'];
  const { host } = registry;
  await me.reg(['login', ...flags, '-u', 'ann', '--password-stdin', host], { stdin: PASSWORD });
  await me.reg(['push', ...flags, '--from', 'oci:app', `${host}/team/app:1`]);
  return { me, registry, host, authority, flags };
}

async function writeDockerConfig({ dockerConfig }: Person, config: object | string): Promise<void> {
  await mkdir(dirname(dockerConfig), { recursive: true });
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  await writeFile(dockerConfig, text, { mode: 0o600 });
}

async function filesOf({ storage }: DockerRegistry): Promise<readonly string[]> {
  return (await readdir(storage, { recursive: true })).sort();
}
