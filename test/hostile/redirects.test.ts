/** Where registries send us, and what goes along. */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import type { Exchange } from '../support/http-server.js';
import type { Fault, Reply } from '../support/hostile/reply.js';
import { neverAnswers, once, redirects, refuses, says, stopsAt } from '../support/hostile/faults.js';
import type { Faults } from '../support/hostile/registry.js';
import type { Stage } from '../support/hostile/stage.js';
import { table, type Case } from '../support/hostile/table.js';

/** The layer is at a place that serves it to everybody. */
function layerAt(
  options: {
    readonly address?: string;
    readonly tls?: boolean;
    readonly status?: number;
    readonly fault?: (stage: Stage) => Fault;
  } = {},
): (stage: Stage) => Promise<Faults> {
  return async (stage) => {
    const cdn = await stage.elsewhere(options);
    const serves = servesBlobs(stage);
    const fault = options.fault?.(stage) ?? serves;
    cdn.fault = (exchange) => fault(exchange, async () => serves(exchange));
    const signature = stage.secret();
    return {
      'GET layer': redirects(
        ({ log }) => `${cdn.origin}${log.path}?X-Amz-Signature=${signature}`,
        options.status,
      ),
    };
  };
}

function servesBlobs({ registry }: Stage): (exchange: Exchange) => Reply {
  return ({ url, request }) => {
    const bytes =
      registry.blobs.get(decodeURIComponent(url.pathname.replace(/^.*\//, ''))) ?? Buffer.alloc(0);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from === 0) return { status: 200, body: bytes };
    return {
      status: 206,
      headers: { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` },
      body: bytes.subarray(from),
    };
  };
}

/** A pull whose layer request is sent somewhere. */
function sent(name: string, to: string | ((stage: Stage) => string), rest: Partial<Case> = {}): Case {
  return {
    name,
    wanted: 7,
    faults: (stage) => ({ 'GET layer': redirects(typeof to === 'string' ? to : to(stage)) }),
    check: (_, { registry }) =>
      assert.ok(registry.requests.length < 40, `${registry.requests.length} requests`),
    ...rest,
  };
}

table('redirects', [
  ...(['basic', 'bearer', 'public', 'none'] as const).flatMap((auth): Case[] => [
    { name: `57: a layer at another port, with ${auth}`, wanted: 'ok', auth, faults: layerAt() },
    {
      name: `57: a layer at another address, with ${auth}`,
      wanted: 'ok',
      auth,
      faults: layerAt({ address: '127.0.0.2' }),
    },
    {
      name: `57: a layer at another address with TLS, with ${auth}`,
      wanted: 'ok',
      auth,
      place: 'tls',
      faults: layerAt({ address: '127.0.0.2', tls: true }),
    },
  ]),
  ...[301, 302, 303, 308].map((status): Case => ({
    name: `57: a layer elsewhere, by ${status}`,
    wanted: 'ok',
    auth: 'bearer',
    faults: layerAt({ status }),
  })),
  {
    name: '57: another scheme at the same host and port is another origin',
    wanted: 'ok',
    auth: 'basic',
    faults: async (stage) => {
      const cdn = await stage.elsewhere({ tls: true });
      cdn.fault = servesBlobs(stage);
      stage.flags.push('--ca-file', 'ca.crt');
      return { 'GET layer': redirects(({ log }) => `${cdn.origin}${log.path}`) };
    },
  },
  {
    name: '57: cookies are not kept, nor sent',
    wanted: 'ok',
    auth: 'basic',
    faults: async (stage) => {
      const cdn = await stage.elsewhere();
      cdn.fault = servesBlobs(stage);
      return {
        'GET manifest': async (_, honest) => {
          const said = await honest();
          return { ...said, headers: { ...said.headers, 'set-cookie': 'session=cookie-secret' } };
        },
        'GET layer': ({ log }) => ({
          status: 307,
          headers: {
            location: `${cdn.origin}${log.path}`,
            'set-cookie': 'session=cookie-secret; Domain=127.0.0.1',
          },
        }),
      };
    },
    check: (_, { registry }) => {
      for (const { headers } of registry.requests) assert.equal(headers.cookie, undefined);
    },
  },
  {
    name: '57: the layer breaks off elsewhere and goes on there',
    wanted: 'ok',
    auth: 'bearer',
    faults: layerAt({
      fault: () => once(stopsAt(0.5, 'reset')),
    }),
  },
  {
    name: '58: a manifest at another origin',
    wanted: 'ok',
    auth: 'bearer',
    faults: async (stage) => {
      const cdn = await stage.elsewhere({ address: '127.0.0.2' });
      const { bytes, descriptor } = stage.graph;
      cdn.fault = says(200, { headers: { 'content-type': descriptor.mediaType }, body: bytes });
      return { 'GET manifest': redirects(`${cdn.origin}/m`), 'HEAD manifest': redirects(`${cdn.origin}/m`) };
    },
  },
  {
    name: '58: a manifest at another port of the same host',
    wanted: 'ok',
    auth: 'basic',
    faults: async (stage) => {
      const cdn = await stage.elsewhere();
      const { bytes, descriptor } = stage.graph;
      cdn.fault = says(200, { headers: { 'content-type': descriptor.mediaType }, body: bytes });
      return { '* manifest': redirects(`${cdn.origin}/m`) };
    },
    arrange: ({ registry }) => {
      // The login is known by then: the first request was refused.
      const { faults } = registry;
      registry.faults = {
        ...faults,
        '* manifest': (exchange, honest) =>
          exchange.request.headers.authorization === undefined
            ? honest()
            : (faults['* manifest'] ?? honest)(exchange, honest),
      };
    },
  },
  ...['Basic realm="registry"', 'Bearer realm="ORIGIN/token",service="x"'].map((challenge): Case => ({
    name: `59: another origin asks for a login by ${challenge.slice(0, 6)}`,
    wanted: 4,
    auth: 'basic',
    faults: async (stage) => {
      const cdn = await stage.elsewhere({ address: '127.0.0.2' });
      cdn.fault = ({ log }) =>
        log.path.startsWith('/token')
          ? { status: 200, body: { token: 'phished' } }
          : { status: 401, headers: { 'www-authenticate': challenge.replace('ORIGIN', cdn.origin) } };
      return { 'GET layer': redirects(({ log }) => `${cdn.origin}${log.path}`) };
    },
    // Neither is it shown anything, nor is the token service that it names asked.
    check: (_, { foreign }) => assert.equal(foreign[0]?.requests.length, 1),
  })),
  {
    name: '59: another origin sends us back, and the login is for the registry alone',
    wanted: 'ok',
    auth: 'basic',
    faults: async (stage) => {
      const cdn = await stage.elsewhere();
      cdn.fault = redirects(({ log }) => `${stage.registry.origin}${log.path}`);
      return { 'GET layer': once(redirects(({ log }) => `${cdn.origin}${log.path}`)) };
    },
  },
  {
    name: '61: from TLS to clear',
    wanted: 7,
    place: 'tls',
    faults: layerAt(),
    check: (_, { foreign }) => assert.equal(foreign[0]?.requests.length, 0),
  },
  sent('62: round in circles', ({ registry }) => `${registry.origin}/v2/app/blobs/sha256:${'0'.repeat(64)}`, {
    faults: { 'GET layer': redirects(({ log }) => log.path) },
  }),
  {
    name: '62: forty hops',
    wanted: 7,
    faults: {
      'GET layer': redirects('/v2/app/tags/1'),
      'GET tags': redirects(({ log }) => `/v2/app/tags/${Number(/\d+$/.exec(log.path)?.[0]) + 1}`),
    },
    check: (_, { registry }) =>
      assert.ok(registry.requests.length <= 16, `${registry.requests.length} requests`),
  },
  {
    name: '62: nine hops are taken',
    wanted: 'ok',
    faults: (stage) => ({
      'GET layer': redirects('/v2/app/tags/1'),
      'GET tags': ({ log }) => {
        const hop = Number(/\d+$/.exec(log.path)?.[0]);
        const body = [...stage.registry.blobs.values()].sort((a, b) => b.length - a.length)[0] ?? '';
        return hop < 8
          ? { status: 307, headers: { location: `/v2/app/tags/${hop + 1}` } }
          : { status: 200, body };
      },
    }),
  },
  sent('62: no Location', '', { faults: { 'GET layer': says(307) } }),
  sent('62: an empty Location', ''),
  sent('62: a file', 'file:///etc/passwd'),
  sent('62: another scheme', 'ftp://127.0.0.1/x'),
  sent('62: data', 'data:text/plain,hello'),
  sent('62: no URL', 'http://[::1'),
  sent('62: a user in front', ({ registry }) => `${registry.origin.replace('://', '://bob:pw@')}/x`, {
    wanted: 7,
  }),
  sent('62: a port that is none', 'http://127.0.0.1:99999/x'),
  {
    name: '62: relative',
    wanted: 'ok',
    auth: 'basic',
    faults: { 'GET layer': redirects(({ log }) => `../blobs/${log.path.replace(/^.*\//, '')}`) },
    arrange: ({ registry }) => {
      const { faults } = registry;
      registry.faults = { 'GET layer': once(faults['GET layer'] ?? refuses(500, 'X')) };
    },
  },
  sent('62: terminal escapes in the Location', ({ registry }) => `${registry.origin}/\u009b2J`, {
    faults: ({ registry }) => ({
      'GET layer': ({ request }) => {
        request.socket.end(
          `HTTP/1.1 307 X\r\nLocation: http://evil\u001b[2J.test:1${registry.port}/\r\nContent-Length: 0\r\n\r\n`,
        );
        return undefined;
      },
    }),
    wanted: 7,
  }),
  ...['300', '304', '305', '306'].map((status) =>
    sent(`a redirect that is none: ${status}`, '', {
      faults: { 'GET layer': says(Number(status), { headers: { location: '/x' } }) },
    }),
  ),
]);

/** A registry out on the internet sends us into our own network. */
function inward(name: string, to: (stage: Stage, port: number) => string): Case {
  return {
    name: `63: a public registry sends us to ${name}`,
    wanted: 7,
    place: 'public',
    auth: 'bearer',
    faults: async (stage) => {
      const inside = await stage.elsewhere({ tls: true });
      inside.fault = servesBlobs(stage);
      return { 'GET layer': redirects(({ log }) => `${to(stage, inside.port)}${log.path}`) };
    },
    check: (_, { foreign }) => assert.equal(foreign[0]?.requests.length, 0, 'it went there'),
  };
}

table('redirects from a public registry', [
  inward('this machine', (_, port) => `https://127.0.0.1:${port}`),
  inward('this machine by a name of its own', (_, port) => `https://localhost:${port}`),
  inward('this machine by any name under localhost', (_, port) => `https://cdn.localhost:${port}`),
  inward('this machine, in IPv6 clothes', (_, port) => `https://[::ffff:127.0.0.1]:${port}`),
  inward('this machine, in hexadecimal', (_, port) => `https://0x7f.1:${port}`),
  inward('nowhere in particular', (_, port) => `https://0.0.0.0:${port}`),
  inward('a private network', () => 'https://10.0.0.1'),
  inward('another private network', () => 'https://192.168.1.1'),
  inward('the address of cloud metadata', () => 'https://169.254.169.254'),
  inward('a name that leads into a private network', () => `https://${hostname()}`),
  inward(
    "another port of this machine, behind its public name's back",
    (_, port) => `https://127.0.0.2:${port}`,
  ),
  {
    name: '63: a public registry sends us to another public host',
    wanted: 'ok',
    place: 'public',
    auth: 'bearer',
    faults: async (stage) => {
      const cdn = await stage.elsewhere({ tls: true });
      cdn.fault = servesBlobs(stage);
      stage.flags.push('--resolve', `cdn.example.net:443:127.0.0.1:${cdn.port}`);
      return { 'GET layer': redirects(({ log }) => `https://cdn.example.net${log.path}`) };
    },
  },
  {
    name: '63: a registry on loopback may send us to loopback',
    wanted: 'ok',
    faults: layerAt({ address: '127.0.0.3' }),
  },
]);

table('signed URLs', [
  ...(
    [
      ['a refusal', 4, refuses(403, 'AccessDenied')],
      [
        'an error in XML',
        4,
        says(403, {
          headers: { 'content-type': 'application/xml' },
          body: '<Error><Code>AccessDenied</Code></Error>',
        }),
      ],
      ['404', 3, says(404)],
      ['500 for ever', 5, says(500)],
      ['another 307 to a file', 7, redirects('file:///etc/passwd')],
      ['the wrong bytes', 6, says(200, { body: 'wrong' })],
    ] as const
  ).map(([what, wanted, fault]): Case => ({
    name: `64: the signature is not printed with ${what}`,
    wanted,
    auth: 'bearer',
    faults: layerAt({ fault: () => fault }),
  })),
  {
    name: '64: the signature is not printed with silence',
    wanted: 5,
    impatient: true,
    faults: layerAt({ fault: () => neverAnswers }),
  },
  {
    name: '64: the signature is not printed when the place repeats it',
    wanted: 4,
    auth: 'bearer',
    faults: layerAt({
      fault: (stage) => () => ({
        status: 403,
        body: { errors: [{ code: 'X', message: stage.secrets().at(-2) }] },
      }),
    }),
  },
  {
    name: '64: the signature is not printed where nobody listens',
    wanted: 5,
    faults: (stage) => {
      const signature = stage.secret();
      return { 'GET layer': redirects(`http://127.0.0.1:1/x?sig=${signature}`) };
    },
    names: 'nothing',
    says: /127\.0\.0\.1:1/,
  },
]);

/** A push that is sent elsewhere in the middle. */
function pushSent(
  name: string,
  faults: Faults | ((stage: Stage) => Promise<Faults>),
  rest: Partial<Case> = {},
): Case {
  return { name: `65: ${name}`, wanted: 7, command: 'push', auth: 'basic', faults, ...rest };
}

const neverGot = (_: unknown, { registry }: Stage): void => {
  assert.ok(!registry.seen().includes('GET upload'), registry.seen().join());
};

table('redirects of a push', [
  ...[301, 302, 303].flatMap((status) => [
    pushSent(
      `${status} to a POST`,
      { 'POST upload': redirects('/v2/app/blobs/uploads/elsewhere', status) },
      { check: neverGot },
    ),
    pushSent(`${status} to a PUT`, { 'PUT upload': redirects(({ log }) => log.path, status) }),
    pushSent(`${status} to a PATCH`, {
      'PATCH upload': redirects(({ log }) => log.path, status),
      'PUT upload': refuses(413, 'SIZE'),
    }),
    pushSent(`${status} to the PUT of the manifest`, {
      'PUT manifest': redirects(({ log }) => log.path, status),
    }),
  ]),
  pushSent(
    '307 from a PUT to another host',
    async (stage) => {
      const thief = await stage.elsewhere({ address: '127.0.0.2' });
      thief.fault = says(201);
      return { 'PUT upload': redirects(({ log }) => `${thief.origin}${log.path}`) };
    },
    { check: (_, { foreign }) => assert.equal(foreign[0]?.requests.length, 0, 'the layer went elsewhere') },
  ),
  pushSent(
    '307 from the PUT of the manifest to another host',
    async (stage) => {
      const thief = await stage.elsewhere({ address: '127.0.0.2' });
      thief.fault = says(201);
      return { 'PUT manifest': redirects(({ log }) => `${thief.origin}${log.path}`) };
    },
    {
      check: (_, { foreign }) => assert.equal(foreign[0]?.requests.length, 0, 'the manifest went elsewhere'),
    },
  ),
  pushSent(
    '307 from a POST to the same host',
    {
      'POST upload': once(redirects(({ log }) => `${log.path}?again`)),
    },
    { wanted: 'ok' },
  ),
]);
