/** Networks that break, servers that stall, and what is no HTTP at all. */
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { createAuthority } from '../support/certificates.js';
import {
  dawdles,
  hangsUp,
  neverAnswers,
  once,
  refuses,
  resets,
  says,
  speaks,
  stopsAt,
} from '../support/hostile/faults.js';
import { bytesOf, type Fault } from '../support/hostile/reply.js';
import type { Stage } from '../support/hostile/stage.js';
import { table, type Case } from '../support/hostile/table.js';
import { listen } from '../support/listen.js';

function pull(
  reference: string | ((stage: Stage) => string),
  ...flags: readonly string[]
): NonNullable<Case['command']> {
  return (stage) => [
    'pull',
    '--progress',
    'none',
    ...flags,
    typeof reference === 'string' ? reference : reference(stage),
  ];
}

/** Something that listens and is no registry; its port goes into the reference `HOST`. */
function listener(
  name: string,
  onSocket: (socket: Socket) => void,
  rest: Partial<Case> & { readonly flags?: readonly string[]; readonly host?: string } = {},
): Case {
  let port = 0;
  const { flags = [], host = '127.0.0.1', ...others } = rest;
  return {
    name,
    wanted: 7,
    impatient: true,
    arrange: async ({ scope }) => {
      const server: Server = createServer((socket) => {
        socket.on('error', () => {});
        onSocket(socket);
      });
      ({ port } = await listen(scope, server));
    },
    command: (stage) => ['pull', '--progress', 'none', ...stage.flags, ...flags, `${host}:${port}/app:1`],
    check: ({ stderr }) => assert.ok(stderr.includes(`${host}:${port}`), stderr),
    ...others,
  };
}

table('nobody there', [
  {
    name: '93: a port where nobody listens',
    wanted: 5,
    command: pull('127.0.0.1:1/app:1'),
    says: /127\.0\.0\.1:1.*refused/,
  },
  {
    name: '93: a host that does not exist',
    wanted: 5,
    command: pull('no-such-host.invalid/app:1'),
    says: /no-such-host\.invalid/,
    run: { withinSeconds: 60 },
  },
  {
    name: '93: an address to which no way leads',
    wanted: 5,
    command: pull('registry.example.com/app:1', '--resolve', 'registry.example.com:443:240.0.0.1'),
    impatient: true,
    says: /registry\.example\.com/,
  },
  listener('94: a server that takes connections and never speaks', () => {}, { wanted: 5, says: /1 s/ }),
  listener('a server that hangs up at once', (socket) => socket.end(), { wanted: 5 }),
  listener('a server that resets at once', (socket) => socket.resetAndDestroy(), { wanted: 5 }),
  listener('100: a server that speaks SSH', (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n')),
  listener('100: a server that speaks FTP', (socket) => socket.end('220 ready\r\n')),
  listener('100: a server that sends noise', (socket) => socket.end(Buffer.alloc(4096, 0x80))),
  listener('100: a server that sends noise without end', (socket) => {
    const send = (): void => {
      if (!socket.destroyed) socket.write(Buffer.alloc(65_536, 0x41), () => setImmediate(send));
    };
    send();
  }),
]);

table('silence and slowness', [
  {
    name: '94: no answer, ever',
    wanted: 5,
    impatient: true,
    faults: { 'GET manifest': neverAnswers },
    says: /--idle-timeout/,
  },
  {
    name: '94: no answer, once',
    wanted: 'ok',
    impatient: true,
    faults: { 'GET manifest': once(neverAnswers) },
  },
  {
    name: '94: half a layer and then silence',
    wanted: 5,
    impatient: true,
    faults: { 'GET layer': stopsAt(0.5, 'silence') },
    says: /no byte|idle/,
  },
  {
    name: '94: half a layer and then silence, once',
    wanted: 'ok',
    impatient: true,
    faults: { 'GET layer': once(stopsAt(0.5, 'silence')) },
  },
  {
    name: '94: half a manifest and then silence, once',
    wanted: 'ok',
    impatient: true,
    faults: { 'GET manifest': once(stopsAt(0.5, 'silence')) },
  },
  {
    name: '94: half a header and then silence',
    wanted: 5,
    impatient: true,
    faults: { 'GET layer': speaks('HTTP/1.1 200 OK\r\nContent-Le', 'silence') },
  },
  {
    name: '95: slow but steady for 8 seconds',
    wanted: 'ok',
    run: { env: { REG_IDLE_TIMEOUT: '3s' } },
    faults: { 'GET layer': dawdles(16, 500) },
  },
  {
    name: 'a header a second, for ever',
    wanted: 5,
    impatient: true,
    faults: {
      'GET layer': ({ request }) => {
        request.socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => request.socket.write('X-More: 1\r\n'), 300);
        request.socket.on('close', () => clearInterval(timer));
        return undefined;
      },
    },
  },
]);

table('connections that break', [
  { name: '96: a reset at half, once', wanted: 'ok', faults: { 'GET layer': once(stopsAt(0.5, 'reset')) } },
  { name: '96: a reset at half, always', wanted: 5, faults: { 'GET layer': stopsAt(0.5, 'reset') } },
  { name: '96: a reset before the answer, once', wanted: 'ok', faults: { 'GET manifest': once(resets) } },
  { name: '96: a reset before the answer, always', wanted: 5, faults: { '* *': resets } },
  {
    name: '96: a reset in the middle of the headers',
    wanted: 5,
    faults: { 'GET manifest': speaks('HTTP/1.1 200 OK\r\nContent-', 'reset') },
  },
  {
    name: '96: a token service that resets once',
    wanted: 'ok',
    auth: 'bearer',
    faults: { '* token': once(resets) },
  },
  {
    name: '101: a connection closed under our feet',
    wanted: 'ok',
    faults: { 'GET config': once(hangsUp), 'GET layer': once(hangsUp) },
  },
  {
    name: '101: every connection closed after its answer without a word',
    wanted: 'ok',
    faults: {
      '* *': ({ response }, honest) => {
        response.on('finish', () => response.socket?.end());
        return honest();
      },
    },
  },
  {
    name: '101: an answer that nobody asked for, behind one that was',
    wanted: 'ok',
    faults: {
      'GET manifest': speaks((said) => {
        const bytes = bytesOf(said);
        const head = `HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: ${bytes.length}\r\n\r\n`;
        return Buffer.concat([
          Buffer.from(head),
          bytes,
          Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'),
        ]);
      }, 'silence'),
    },
  },
]);

table('servers in trouble', [
  { name: '97: 500 for ever', wanted: 5, faults: { 'GET manifest': refuses(500, 'UNKNOWN') }, says: /500/ },
  {
    name: '97: 500 for ever for a layer',
    wanted: 5,
    faults: { 'GET layer': refuses(500, 'UNKNOWN') },
    says: /500/,
  },
  {
    name: '97: 502 with a page of HTML',
    wanted: 5,
    faults: {
      'GET layer': says(502, {
        headers: { 'content-type': 'text/html' },
        body: '<html><h1>502 Bad Gateway</h1></html>',
      }),
    },
    says: /502/,
  },
  { name: '97: 503 twice', wanted: 'ok', faults: { 'GET layer': once(refuses(503, 'UNAVAILABLE'), 2) } },
  { name: '97: 408 once', wanted: 'ok', faults: { 'GET layer': once(refuses(408, 'TIMEOUT')) } },
  { name: '97: 501', wanted: 7, faults: { 'GET manifest': refuses(501, 'UNSUPPORTED') } },
  {
    name: '98: 429 with seconds',
    wanted: 'ok',
    faults: { 'GET layer': once(refuses(429, 'TOOMANYREQUESTS', { 'retry-after': '1' })) },
  },
  {
    name: '98: 429 with a date',
    wanted: 'ok',
    faults: {
      'GET layer': once(() => ({
        status: 429,
        headers: { 'retry-after': new Date(Date.now() + 2000).toUTCString() },
      })),
    },
  },
  ...['soon', '-5', '1e9', '', '0', 'Thu, 99 Foo 2099 99:99:99 GMT', '1, 2', '0x10'].map((value): Case => ({
    name: `98: 429 with ${JSON.stringify(value)}`,
    wanted: 'ok',
    faults: { 'GET layer': once(refuses(429, 'TOOMANYREQUESTS', { 'retry-after': value })) },
  })),
  {
    name: '98: 429 that asks for an hour',
    wanted: 5,
    run: { withinSeconds: 20 },
    faults: { 'GET manifest': refuses(429, 'TOOMANYREQUESTS', { 'retry-after': '3600' }) },
    says: /60 minutes|1 hour|hour/,
  },
  {
    name: '98: 429 that asks for a thousand years',
    wanted: 5,
    run: { withinSeconds: 20 },
    faults: {
      'GET manifest': refuses(429, 'TOOMANYREQUESTS', { 'retry-after': 'Fri, 31 Dec 3025 23:59:59 GMT' }),
    },
  },
  {
    name: '98: 503 that asks for an hour',
    wanted: 5,
    run: { withinSeconds: 20 },
    faults: { 'GET layer': refuses(503, 'UNAVAILABLE', { 'retry-after': '3600' }) },
    says: /60 minutes|1 hour|hour/,
  },
  {
    name: '98: 429 for ever',
    wanted: 5,
    faults: { 'GET manifest': refuses(429, 'TOOMANYREQUESTS') },
    says: /429|rate|requests/i,
  },
  {
    name: '98: a wait is announced',
    wanted: 'ok',
    faults: { 'GET layer': once(refuses(429, 'TOOMANYREQUESTS', { 'retry-after': '1' })) },
    check: ({ stderr }) => assert.equal(stderr.trim().split('\n').length, 1, stderr),
  },
]);

/** The registry's layer, by hand. */
function layer(
  name: string,
  head: (length: number) => string,
  body: (bytes: Buffer) => Uint8Array,
  rest: Partial<Case> = {},
): Case {
  const fault: Fault = speaks((said) => {
    const bytes = bytesOf(said);
    return Buffer.concat([Buffer.from(head(bytes.length), 'latin1'), body(bytes)]);
  });
  return { name, wanted: 7, faults: { 'GET layer': fault }, ...rest };
}

const plain = (bytes: Buffer): Uint8Array => bytes;
const OK = 'HTTP/1.1 200 OK\r\n';

table('HTTP in its corners', [
  layer('99: HTTP/1.0', (length) => `HTTP/1.0 200 OK\r\nContent-Length: ${length}\r\n\r\n`, plain, {
    wanted: 'ok',
  }),
  layer(
    '99: chunks only',
    () => `${OK}Transfer-Encoding: chunked\r\n\r\n`,
    (bytes) =>
      Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n0\r\n\r\n')]),
    { wanted: 'ok' },
  ),
  layer(
    '99: 100, 102 and 103 before the answer',
    (length) =>
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${OK}Content-Length: ${length}\r\n\r\n`,
    plain,
    { wanted: 'ok' },
  ),
  layer(
    '99: a thousand times 103 before the answer',
    (length) =>
      `${'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(1000)}${OK}Content-Length: ${length}\r\n\r\n`,
    plain,
    { wanted: 'ok' },
  ),
  layer(
    '100: headers of 2 MiB',
    (length) => `${OK}X-Big: ${'x'.repeat(2 * 1024 * 1024)}\r\nContent-Length: ${length}\r\n\r\n`,
    plain,
    { says: /headers/, wanted: 7 },
  ),
  layer(
    '100: 100 000 headers',
    (length) => `${OK}${'X: 1\r\n'.repeat(100_000)}Content-Length: ${length}\r\n\r\n`,
    plain,
    { wanted: 7 },
  ),
  layer('100: two lengths', (length) => `${OK}Content-Length: ${length}\r\nContent-Length: 5\r\n\r\n`, plain),
  layer(
    '100: a length and chunks',
    (length) => `${OK}Content-Length: ${length}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    plain,
  ),
  layer('100: a length that is negative', () => `${OK}Content-Length: -5\r\n\r\n`, plain),
  layer('100: a length that is no number', () => `${OK}Content-Length: many\r\n\r\n`, plain),
  layer(
    '100: a length beyond all numbers',
    () => `${OK}Content-Length: 99999999999999999999999\r\n\r\n`,
    plain,
    { wanted: 7 },
  ),
  layer('100: a chunk of no number', () => `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, plain),
  layer(
    '100: a chunk of a huge number',
    () => `${OK}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n`,
    plain,
    { wanted: 7 },
  ),
  layer(
    '100: a header with a bare line feed',
    (length) => `${OK}X: a\nY: b\r\nContent-Length: ${length}\r\n\r\n`,
    plain,
    { wanted: 7 },
  ),
  layer(
    '100: a header with NUL',
    (length) => `${OK}X: a\u0000b\r\nContent-Length: ${length}\r\n\r\n`,
    plain,
    { wanted: 7 },
  ),
  layer('100: a status of no number', () => 'HTTP/1.1 abc OK\r\n\r\n', plain),
  layer(
    '100: a status of 999',
    () => 'HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n',
    () => Buffer.alloc(0),
    { wanted: 5 },
  ),
  layer(
    '100: a status of 099',
    () => 'HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n',
    () => Buffer.alloc(0),
    { wanted: 7 },
  ),
  layer('100: a version of HTTP that nobody knows', () => 'HTTP/9.9 200 OK\r\n\r\n', plain),
  layer(
    '100: 101 that nobody asked for',
    () => 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: evil\r\nConnection: upgrade\r\n\r\n',
    plain,
    { wanted: 7 },
  ),
  layer(
    'a status line with terminal escapes',
    () => 'HTTP/1.1 418 \u001b[2Jteapot\u0007\r\nContent-Length: 0\r\n\r\n',
    () => Buffer.alloc(0),
    { wanted: 7 },
  ),
]);

/** A registry with TLS of another kind. */
function tls(
  name: string,
  make: () => Promise<{ readonly key: string; readonly certificate: string }>,
  says: RegExp,
  rest: Partial<Case> = {},
): Case {
  return {
    name: `102: ${name}`,
    wanted: 5,
    place: 'tls',
    arrange: async (stage) => void (await stage.elsewhere({ tls: await make() })),
    command: (stage) => ['pull', '--progress', 'none', ...stage.flags, `${stage.foreign[0]?.host}/app:1`],
    says,
    check: (_, { foreign }) => assert.equal(foreign[0]?.requests.length, 0, 'it was asked all the same'),
    ...rest,
  };
}

table('TLS', [
  { name: 'TLS that is as it should be', wanted: 'ok', place: 'tls', auth: 'basic' },
  tls(
    'an authority that nobody knows',
    async () => (await createAuthority('evil')).issue(['127.0.0.1']),
    /trust|sign/,
  ),
  tls(
    'a certificate for another name',
    async () => (await createAuthority('evil')).issue(['other.example.com']),
    /trust|sign|name/,
  ),
  {
    name: '102: a good authority, another name',
    wanted: 5,
    place: 'tls',
    arrange: async (stage) =>
      void (await stage.elsewhere({ tls: await stage.authority.issue(['other.example.com']) })),
    command: (stage) => ['pull', '--progress', 'none', ...stage.flags, `${stage.foreign[0]?.host}/app:1`],
    says: /another name/,
  },
  {
    name: '102, 106: a certificate that has expired; the clock is mentioned',
    wanted: 5,
    place: 'tls',
    arrange: async (stage) =>
      void (await stage.elsewhere({ tls: await stage.authority.issue(['127.0.0.1'], { expired: true }) })),
    command: (stage) => ['pull', '--progress', 'none', ...stage.flags, `${stage.foreign[0]?.host}/app:1`],
    says: [/expired/, /clock/],
  },
  {
    name: 'NODE_TLS_REJECT_UNAUTHORIZED=0 is not obeyed in silence',
    wanted: 5,
    place: 'tls',
    arrange: async (stage) =>
      void (await stage.elsewhere({ tls: await (await createAuthority('evil')).issue(['127.0.0.1']) })),
    command: (stage) => ['pull', '--progress', 'none', `${stage.foreign[0]?.host}/app:1`],
    run: { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
    check: (_, { foreign }) => assert.equal(foreign[0]?.requests.length, 0),
  },
  {
    name: '--insecure is for the registry, not for its token service',
    wanted: 5,
    place: 'public',
    auth: 'bearer',
    arrange: async (stage) => {
      const service = await stage.elsewhere({
        tls: await (await createAuthority('evil')).issue(['auth.example.com']),
      });
      service.fault = says(200, { body: { token: 'x' } });
      stage.flags.push('--insecure', '--resolve', `auth.example.com:443:127.0.0.1:${service.port}`);
      stage.registry.tokens.challenge = 'Bearer realm="https://auth.example.com/token",service="registry"';
    },
    names: 'nothing',
    says: /auth\.example\.com/,
    check: (_, { foreign }) => assert.equal(foreign[0]?.requests.length, 0, 'the password went out'),
  },
]);

/** The registry's own port, under a name that is not loopback. */
function named(stage: Stage, ...flags: readonly string[]): readonly string[] {
  return [
    'pull',
    '--progress',
    'none',
    '--platform',
    'linux/amd64',
    '--resolve',
    `registry.example.com:5000:127.0.0.1:${stage.registry.port}`,
    ...flags,
    'registry.example.com:5000/app:1',
  ];
}

table('TLS without an end', [
  {
    name: '102: a handshake that never ends',
    wanted: 5,
    impatient: true,
    arrange: async ({ scope, flags }) => {
      const { port } = await listen(
        scope,
        createServer(() => {}),
      );
      flags.push('--resolve', `registry.example.com:443:127.0.0.1:${port}`);
    },
    command: (stage) => ['pull', '--progress', 'none', ...stage.flags, 'registry.example.com/app:1'],
    says: [/registry\.example\.com/, /TLS|handshake/],
  },
  {
    name: '102: https to a port that speaks http',
    wanted: 5,
    command: ({ registry }) => [
      'pull',
      '--progress',
      'none',
      '--resolve',
      `registry.example.com:443:127.0.0.1:${registry.port}`,
      'registry.example.com/app:1',
    ],
    says: /--plain-http/,
    check: (_, { registry }) => assert.deepEqual(registry.seen(), []),
  },
]);

table('plain http', [
  {
    name: '103: a registry without TLS under another name',
    wanted: 5,
    command: (stage) => named(stage),
    says: /--plain-http/,
    check: (_, { registry }) => assert.deepEqual(registry.seen(), []),
  },
  { name: '103: the same, with the flag', wanted: 'ok', command: (stage) => named(stage, '--plain-http') },
  {
    name: '103: a password is not sent in clear',
    wanted: 4,
    auth: 'basic',
    arrange: async ({ write, user }) => {
      const auth = Buffer.from(`${user.user}:${user.password}`).toString('base64');
      await write(
        '.docker/config.json',
        JSON.stringify({ auths: { 'registry.example.com:5000': { auth } } }),
      );
    },
    command: (stage) => named(stage, '--plain-http'),
    says: /--plain-http-auth/,
    check: (_, { registry }) =>
      assert.ok(registry.requests.every(({ headers }) => headers.authorization === undefined)),
  },
  {
    name: '103: a password is sent in clear with the second flag',
    wanted: 'ok',
    auth: 'basic',
    arrange: async ({ write, user }) => {
      const auth = Buffer.from(`${user.user}:${user.password}`).toString('base64');
      await write(
        '.docker/config.json',
        JSON.stringify({ auths: { 'registry.example.com:5000': { auth } } }),
      );
    },
    command: (stage) => named(stage, '--plain-http', '--plain-http-auth'),
  },
  {
    name: '103: no way down from TLS to clear',
    wanted: 5,
    place: 'tls',
    auth: 'basic',
    command: ({ image }) => ['pull', '--progress', 'none', image],
    check: (_, { registry }) => assert.deepEqual(registry.seen(), []),
  },
]);

table('happy eyeballs', [
  {
    name: '105: localhost, where only IPv4 listens',
    wanted: 'ok',
    command: ({ registry }) => ['pull', '--progress', 'none', `localhost:${registry.port}/app:1`],
  },
]);
