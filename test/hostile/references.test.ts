/** What people write: references and arguments. What is wrong with them is said before anybody is asked anything. */
import assert from 'node:assert/strict';
import type { Stage } from '../support/hostile/stage.js';
import { table, type Case } from '../support/hostile/table.js';

const HEX = 'a'.repeat(64);

/** A reference that is refused, by every command that takes one. */
function refused(name: string, reference: string | ((host: string) => string), says: RegExp): Case {
  return {
    name,
    wanted: 2,
    says,
    command: ({ host }) => ['pull', '--', typeof reference === 'string' ? reference : reference(host)],
    check: noRequest,
  };
}

function noRequest(_: unknown, { registry }: Stage): void {
  assert.deepEqual(registry.seen(), [], 'the registry was asked');
}

/** A reference that is good, taken apart without a request. */
function read(name: string, reference: string, parts: object): Case {
  return {
    name,
    wanted: 'ok',
    command: () => ['ref', '--json', reference],
    check: ({ stdout }) => {
      const found: unknown = JSON.parse(stdout);
      for (const [key, value] of Object.entries(parts))
        assert.equal(Reflect.get(found as object, key), value);
    },
  };
}

table('references', [
  refused('1: empty text is no reference', '', /empty/),
  refused('a blank is no reference', ' ', /white space/),
  refused(
    '2: an upper-case letter in the repository is named',
    (host) => `${host}/myApp:1`,
    /"A"|upper|lower/i,
  ),
  refused('3: an empty part of the path', (host) => `${host}/a//b`, /two in a row/),
  refused('3: two dots that lead up', (host) => `${host}/a/../b`, /"\.\." is not part/),
  refused('3: a name that begins with a hyphen', '-img', /must start and end with a letter or digit/),
  refused('3: a colon with no tag', (host) => `${host}/app:`, /tag/),
  refused('4: a blank in the tag', (host) => `${host}/app:a b`, /white space/),
  refused('4: a tag of 129 characters', (host) => `${host}/app:${'t'.repeat(129)}`, /128/),
  refused('4: a query behind the tag', (host) => `${host}/app:1?x=1`, /a tag may hold only/),
  refused('4: a newline in the tag', (host) => `${host}/app:1\nx`, /U\+000A/),
  refused('4: a percent sign in the tag', (host) => `${host}/app:%31`, /a tag may hold only/),
  refused('a newline at the end', (host) => `${host}/app:1\n`, /U\+000A/),
  refused('a NUL written as an escape', (host) => `${host}/app:1\u0001`, /U\+0001/),
  refused('terminal escapes in the name', (host) => `${host}/\u001b[31mapp\u009b2J`, /U\+001B/),
  refused('a fragment behind the tag', (host) => `${host}/app:1#x`, /a tag may hold only/),
  refused('a backslash in the path', (host) => `${host}/a\\b`, /repository name may hold only/),
  refused('5: a digest with no digits', (host) => `${host}/app@sha256:`, /digest/i),
  refused('5: a digest of 3 digits', (host) => `${host}/app@sha256:abc`, /digest|64/i),
  refused('5: a digest of 63 digits', (host) => `${host}/app@sha256:${HEX.slice(1)}`, /digest|64/i),
  refused('5: a digest of 65 digits', (host) => `${host}/app@sha256:${HEX}a`, /digest|64/i),
  refused(
    '5: a digest with a letter that is no digit',
    (host) => `${host}/app@sha256:z${HEX.slice(1)}`,
    /digest/i,
  ),
  refused('5: a digest in upper case', (host) => `${host}/app@sha256:${HEX.toUpperCase()}`, /digest|lower/i),
  refused(
    '5: a digest by an unknown algorithm',
    (host) => `${host}/app@md5:${HEX.slice(32)}`,
    /digest|algorithm|md5/i,
  ),
  refused('5: two digests', (host) => `${host}/app@sha256:${HEX}@sha256:${HEX}`, /sha256|"@"/),
  refused('6: a URL', (host) => `http://${host}/img`, /--plain-http/),
  refused('6: a URL with https', (host) => `https://${host}/img`, /https:\/\//),
  refused('7: port 0', '127.0.0.1:0/img', /port/),
  refused('7: port 99999', '127.0.0.1:99999/img', /port/),
  refused('7: port 999999', '127.0.0.1:999999/img', /port/),
  refused('8: a dotless i in the host', 'regıstry.example.com/img', /U\+0131/),
  refused('8: full-width letters in the host', 'ｇhcr.io/img', /U\+FF47/),
  refused('8: a Cyrillic letter in the path', 'ghcr.io/оwner/img', /U\+043E/),
  refused('10: a name of more than 255 characters', (host) => `${host}/${'a/'.repeat(130)}b`, /255/),
  {
    name: '9: a password in the reference is not repeated, and login is hinted at',
    wanted: 2,
    says: /reg login/,
    command: ({ user, host }) => ['pull', `${user.user}:${user.password}@${host}/img`],
    check: noRequest,
  },
  read('11: a short name means Docker Hub', 'nginx', {
    domain: 'docker.io',
    path: 'library/nginx',
    pull: 'docker.io/library/nginx:latest',
  }),
  read('11: localhost is a host', 'localhost/x', { domain: 'localhost', path: 'x' }),
  read('11: a name with a dot is a host', 'x.y/z', { domain: 'x.y', path: 'z' }),
  read('11: a name with a port is a host', 'a:5000/z', { domain: 'a:5000', path: 'z' }),
  read('12: an IPv6 address is a host', '[::1]:5000/img', { domain: '[::1]:5000', path: 'img' }),
  { name: '12: a registry at an IPv6 address', wanted: 'ok', address: '::1' },
  {
    name: '13: of tag and digest the digest decides',
    wanted: 'ok',
    command: ({ image, graph }) => [
      'pull',
      '-q',
      '--platform',
      'linux/amd64',
      `${image}3@${graph.descriptor.digest}`,
    ],
    check: ({ stdout }, { graph, registry }) => {
      assert.ok(stdout.includes(graph.descriptor.digest));
      assert.ok(
        registry.requests.every(({ path }) => !path.endsWith('/13')),
        'the tag was asked for',
      );
    },
  },
]);

/** Arguments that make no sense. */
function usage(name: string, args: readonly string[], says: RegExp): Case {
  return {
    name,
    wanted: 2,
    says,
    command: () => args,
    check: ({ stderr }, stage) => {
      assert.ok(stderr.trimEnd().split('\n').length <= 2, stderr);
      noRequest(undefined, stage);
    },
  };
}

table('arguments', [
  usage('14: an unknown flag', ['pull', '--frobnicate', 'nginx'], /--frobnicate/),
  usage('14: an unknown command', ['frobnicate'], /frobnicate/),
  usage('14: a flag without its value', ['pull', 'nginx', '--platform'], /--platform/),
  usage('14: a flag behind "--" is a name', ['pull', '--', '--quiet'], /--quiet/),
  usage('14: no image at all', ['pull'], /image/),
  usage('14: one argument too many', ['inspect', 'a', 'b'], /takes one argument/),
  usage('15: a folder that looks like a flag', ['unpack', 'nginx', '-root'], /unknown option "-root"/),
  usage('14: escapes in an unknown flag', ['pull', '--\u001b[2Jx', 'nginx'], /unknown option/),
  usage('a platform that is none', ['pull', '--platform', 'linux/', 'nginx'], /platform/),
  usage('a time that is none', ['pull', '--idle-timeout', 'soon', 'nginx'], /soon/),
  usage('a negative time', ['pull', '--idle-timeout', '-5s', 'nginx'], /invalid --idle-timeout "-5s"/),
  usage('a concurrency of nothing', ['pull', '--concurrency', '0', 'nginx'], /concurrency/),
  usage('a rule for names that is none', ['pull', '--resolve', 'a:b', 'nginx'], /--resolve/),
  usage('two outputs at once', ['pull', '--json', '--quiet', 'nginx'], /--quiet|--json/),
  usage(
    'login without a password and nobody to ask',
    ['login', '-u', 'alice', '127.0.0.1:1'],
    /--password-stdin/,
  ),
  usage('login without a user and nobody to ask', ['login', '127.0.0.1:1'], /--username/),
  usage(
    'login at something that is no host',
    ['login', '-u', 'a', '-p', 'longpassword', 'a b'],
    /"a b" is not the name of a registry/,
  ),
  {
    name: 'a time that is none, in the environment',
    wanted: 2,
    says: /REG_IDLE_TIMEOUT/,
    run: { env: { REG_IDLE_TIMEOUT: 'soon' } },
    names: 'nothing',
  },
  {
    name: 'an authority file that is not there',
    wanted: 2,
    says: /no-such\.pem/,
    command: ({ image }) => ['pull', '--ca-file', 'no-such.pem', image],
    check: noRequest,
  },
]);
