/** How registries ask who we are: challenges, token services, and what they may not get out of us. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  neverAnswers,
  neverEnds,
  once,
  redirects,
  refuses,
  says,
  speaks,
} from '../support/hostile/faults.js';
import type { Stage } from '../support/hostile/stage.js';
import { table, type Case } from '../support/hostile/table.js';

/** The registry asks in its own words. */
function asks(make: string | ((stage: Stage) => string)): (stage: Stage) => void {
  return (stage) => {
    stage.registry.tokens.challenge = typeof make === 'string' ? make : make(stage);
  };
}

/** The token service says other things beside the token, or in its place. */
function adds(extra: object): (stage: Stage) => void {
  return ({ registry }) => {
    registry.tokens.extra = extra;
  };
}

function passwordChanged({ registry: { tokens } }: Stage): void {
  Object.assign(tokens, { user: { ...tokens.user, password: 'changed', identityToken: 'changed' } });
}

function countOf({ registry }: Stage, what: string): number {
  return registry.seen().filter((line) => line === what).length;
}

table('challenges', [
  { name: '42: Basic', wanted: 'ok', auth: 'basic' },
  { name: '42: Bearer', wanted: 'ok', auth: 'bearer' },
  { name: '42: Bearer, for everybody', wanted: 'ok', auth: 'public' },
  { name: '42: Bearer, in a push', wanted: 'ok', auth: 'bearer', command: 'push' },
  { name: '42: Bearer, over TLS', wanted: 'ok', auth: 'bearer', place: 'tls' },
  { name: '42: Bearer, at a public name', wanted: 'ok', auth: 'bearer', place: 'public' },
  {
    name: '43: three schemes in one line, with quoted commas',
    wanted: 'ok',
    auth: 'bearer',
    arrange: asks(
      ({ registry }) =>
        `Negotiate, Basic realm="a, b \\"c\\"", Bearer realm="${registry.origin}/token",service="registry, too",scope="repository:app:pull"`,
    ),
  },
  {
    name: 'a scheme and parameters in unusual case and spacing',
    wanted: 'ok',
    auth: 'bearer',
    arrange: asks(
      ({ registry }) =>
        `bEaReR  Realm = "${registry.origin}/token" ,  Service="registry" , scope="repository:app:pull"`,
    ),
  },
  {
    name: 'challenges in two header lines',
    wanted: 'ok',
    auth: 'bearer',
    faults: {
      'GET manifest': once((exchange) => ({
        status: 401,
        headers: {
          'www-authenticate': [
            'Basic realm="x"',
            `Bearer realm="${exchange.url.origin}/token",service="registry"`,
          ],
        },
      })),
    },
  },
  {
    name: '44: a wrong password is refused in three requests',
    wanted: 4,
    auth: 'basic',
    says: /reg login/,
    arrange: passwordChanged,
    check: (_, { registry }) => assert.ok(registry.requests.length <= 3, registry.seen().join()),
  },
  {
    name: '44: a wrong password at a token service',
    wanted: 4,
    auth: 'bearer',
    says: /reg login/,
    arrange: passwordChanged,
    check: (_, { registry }) => assert.ok(registry.requests.length <= 4, registry.seen().join()),
  },
  { name: '44: no login where one is needed', wanted: 4, auth: 'basic', login: false, says: /reg login/ },
  {
    name: '44: no login where a token needs one',
    wanted: 4,
    auth: 'bearer',
    login: false,
    says: /reg login/,
  },
  {
    name: '45: a token that is refused again and again',
    wanted: 4,
    auth: 'bearer',
    arrange: ({ registry }) => void (registry.tokens.issued.set = () => registry.tokens.issued),
    check: (_, stage) =>
      assert.ok(
        countOf(stage, 'GET token') + countOf(stage, 'POST token') <= 3,
        stage.registry.seen().join(),
      ),
  },
  {
    name: '46: the first token dies in the middle of a pull',
    wanted: 'ok',
    auth: 'bearer',
    faults: ({ registry }) => ({
      'GET config': once((_, honest) => {
        registry.tokens.issued.clear();
        return honest();
      }),
    }),
  },
  {
    name: '46: the first token dies in the middle of a push',
    wanted: 'ok',
    auth: 'bearer',
    command: 'push',
    faults: ({ registry }) => ({
      'PUT upload': once((_, honest) => {
        registry.tokens.issued.clear();
        return honest();
      }),
    }),
  },
  ...[0, 1, -5, 'soon', 1e99, null, '300', Number.MAX_SAFE_INTEGER].map((life): Case => ({
    name: `47: a token that lives for ${String(life)} seconds`,
    wanted: 'ok',
    auth: 'bearer',
    arrange: adds({ expires_in: life }),
    check: (_, stage) =>
      assert.ok(
        countOf(stage, 'GET token') + countOf(stage, 'POST token') <= 2,
        stage.registry.seen().join(),
      ),
  })),
  ...['2001-01-01T00:00:00Z', '2099-01-01T00:00:00Z', 'yesterday', 7].map((time): Case => ({
    name: `47: a token issued at ${time}`,
    wanted: 'ok',
    auth: 'bearer',
    arrange: adds({ issued_at: time }),
  })),
  {
    name: '48: a token under access_token only',
    wanted: 'ok',
    auth: 'bearer',
    arrange: adds({ token: undefined }),
  },
  {
    name: '48: a token under token only',
    wanted: 'ok',
    auth: 'bearer',
    arrange: adds({ access_token: undefined }),
  },
]);

/** The token service says this, and none of it may be seen. */
function token(name: string, body: string | object, rest: Partial<Case> = {}): Case {
  return {
    name: `49: ${name} for a token`,
    wanted: 7,
    auth: 'bearer',
    faults: { '* token': says(200, { body, headers: { 'content-type': 'application/json' } }) },
    says: /token/,
    check: ({ stderr }) => assert.doesNotMatch(stderr, /never-print-me/),
    ...rest,
  };
}

table('tokens', [
  token('HTML', '<html>never-print-me</html>'),
  token('an empty object', {}),
  token('nothing', ''),
  token('a number', { token: 12345 }),
  token('an object', { token: { 'never-print-me': 1 } }),
  token('a list', ['never-print-me']),
  token('an empty text', { token: '', access_token: '' }),
  token('a text with a line break', { token: 'never-print-me\r\nX-Injected: 1' }),
  token('a text with an escape', { token: 'never-print-me\u001b[2J' }),
  token('a text that is not a valid header', { token: 'never-print-me\u0394' }),
  token('100 KiB of text', { token: 'never-print-me'.repeat(8000) }, { wanted: 7 }),
  token('broken JSON', '{"token":"never-print-me'),
  token('__proto__', '{"__proto__":{"token":"never-print-me"}}'),
  token('128 MiB', '', {
    faults: { '* token': neverEnds({ 'content-type': 'application/json' }) },
    wanted: 7,
    says: /more than 65536 bytes/,
  }),
  {
    name: '50: a token service that is silent is named',
    wanted: 5,
    auth: 'bearer',
    impatient: true,
    faults: { '* token': neverAnswers },
  },
  {
    name: '51: a refusal that repeats the password is redacted',
    wanted: 4,
    auth: 'bearer',
    faults: ({ user }) => ({
      '* token': says(401, {
        body: {
          errors: [
            {
              code: 'UNAUTHORIZED',
              message: `bad password ${user.password}`,
              detail: btoa(`${user.user}:${user.password}`),
            },
          ],
        },
      }),
    }),
  },
  {
    name: '51: a refusal by the registry that repeats the header is redacted',
    wanted: 4,
    auth: 'basic',
    faults: {
      'GET manifest': ({ request }) => ({
        status: request.headers.authorization === undefined ? 401 : 403,
        headers: { 'www-authenticate': 'Basic realm="x"' },
        body: { errors: [{ code: 'DENIED', message: `you said ${request.headers.authorization}` }] },
      }),
    },
  },
  {
    name: 'a token service that fails twice',
    wanted: 'ok',
    auth: 'bearer',
    faults: { '* token': once(refuses(503, 'UNAVAILABLE'), 2) },
  },
  {
    name: 'a token service that is gone',
    wanted: 7,
    auth: 'bearer',
    faults: { '* token': says(404, { body: '<html>404</html>' }) },
  },
  {
    name: 'a token service that asks for patience that nobody has',
    wanted: 5,
    auth: 'bearer',
    faults: { '* token': refuses(429, 'TOOMANYREQUESTS', { 'retry-after': '3600' }) },
    says: /60 minutes|1 hour/,
  },
  {
    name: '46: a token that is good for nothing but the manifest',
    wanted: 4,
    auth: 'bearer',
    faults: { 'GET layer': refuses(403, 'DENIED') },
    says: /DENIED|denied/,
  },
]);

/** The registry sends us to a token service of its choice. */
function realm(name: string, make: (stage: Stage) => string, rest: Partial<Case> = {}): Case {
  return {
    name,
    wanted: 4,
    auth: 'bearer',
    arrange: (stage) =>
      asks(`Bearer realm="${make(stage)}",service="registry",scope="repository:app:pull"`)(stage),
    ...rest,
  };
}

/** A token service elsewhere that gives the token that everybody can have. */
async function strangers(stage: Stage, options: { tls?: boolean; name?: string } = {}): Promise<string> {
  const elsewhere = await stage.elsewhere({ tls: options.tls ?? false });
  elsewhere.fault = says(200, { body: { token: 'anonymous-token' } });
  const { name } = options;
  if (name === undefined) return elsewhere.origin;
  stage.flags.push('--resolve', `${name}:443:127.0.0.1:${elsewhere.port}`);
  return `https://${name}`;
}

/** As `realm`, at another origin. */
function stranger(
  name: string,
  options: { tls?: boolean; name?: string; path?: string },
  rest: Partial<Case> = {},
): Case {
  return {
    name,
    wanted: 4,
    auth: 'bearer',
    arrange: async (stage) => {
      const origin = await strangers(stage, options);
      asks(
        `Bearer realm="${origin}${options.path ?? '/token'}",service="registry",scope="repository:app:pull"`,
      )(stage);
    },
    ...rest,
  };
}

const notAsked = (_: unknown, { foreign }: Stage): void => {
  assert.deepEqual(
    foreign.flatMap(({ heard }) => heard),
    [],
    'a place was asked that must not be',
  );
};

table('realms', [
  stranger(
    '52: a realm at another public host gets no password',
    { tls: true, name: 'evil.test' },
    { place: 'public', says: [/evil\.test/, /--auth-host/] },
  ),
  stranger(
    '52: a realm at a host that ends like ours',
    { tls: true, name: 'evil.test', path: '/registry.example.com/token' },
    { place: 'public', says: /evil\.test/ },
  ),
  {
    name: '52: a realm at another host gets the password with consent',
    wanted: 'ok',
    place: 'public',
    auth: 'bearer',
    arrange: (stage) => {
      const { registry, flags } = stage;
      flags.push('--resolve', `evil.test:443:127.0.0.1:${registry.port}`, '--auth-host', 'evil.test');
      asks('Bearer realm="https://evil.test/token",service="registry",scope="repository:app:pull"')(stage);
    },
  },
  {
    name: '52: a realm at another host, with a token for everybody',
    wanted: 'ok',
    place: 'public',
    auth: 'public',
    login: true,
    arrange: (stage) => {
      const { registry, flags } = stage;
      flags.push('--resolve', `evil.test:443:127.0.0.1:${registry.port}`);
      asks('Bearer realm="https://evil.test/token",service="registry",scope="repository:app:pull"')(stage);
    },
    check: (_, { registry }) => {
      for (const { headers, path } of registry.requests) {
        if (path.startsWith('/token'))
          assert.equal(headers.authorization, undefined, 'the password went along');
      }
    },
  },
  stranger(
    '53: a realm at a private address',
    { tls: true },
    { place: 'public', wanted: 7, check: notAsked },
  ),
  stranger(
    '53: a realm in clear while the registry has TLS',
    { tls: false },
    { place: 'tls', wanted: 7, check: notAsked },
  ),
  realm('53: a realm at the address of cloud metadata', () => 'http://169.254.169.254/latest/meta-data', {
    place: 'public',
    wanted: 7,
  }),
  realm(
    '53: a realm at the address of cloud metadata, for a registry on loopback',
    () => 'http://169.254.169.254/latest/meta-data',
    { wanted: 7 },
  ),
  realm(
    '53: a realm at an address in IPv6 clothes',
    ({ registry }) => `https://[::ffff:127.0.0.1]:${registry.port}/token`,
    { place: 'public', wanted: 7 },
  ),
  realm(
    '53: a realm at an address as one number',
    ({ registry }) => `https://2130706433:${registry.port}/token`,
    { place: 'public', wanted: 7 },
  ),
  realm(
    '53: a realm with a user in front',
    ({ registry }) => `${registry.origin.replace('://', '://alice:x@')}/token`,
    { wanted: 7 },
  ),
  realm(
    '53: a realm whose host is the user of another',
    ({ registry }) => `https://${registry.host}@evil.test/token`,
    { wanted: 7 },
  ),
  realm('53: a realm that is a file', () => 'file:///etc/passwd', { wanted: 7 }),
  realm('53: a realm that is a script', () => 'javascript:alert(1)', { wanted: 7 }),
  realm('53: a realm that is no URL', () => 'http://[::1', { wanted: 7 }),
  realm('53: a realm that is missing', () => '', { wanted: 7 }),
  realm('53: a realm that is relative', () => '/token', { wanted: 'ok' }),
  realm('a realm with terminal escapes', () => 'https://\u009b2Jevil.test/token', { wanted: 7 }),
  ...[
    '',
    'Bearer',
    'Bearer service="x"',
    '!!!,,,=="',
    'Digest realm="x", nonce="y"',
    'Negotiate',
    `Bearer realm="${'x'.repeat(60_000)}`,
  ].map((text): Case => ({
    name: `54: the challenge ${text === '' ? 'is missing' : `is ${text.slice(0, 30)}`}`,
    wanted: text.startsWith('Bearer') ? 7 : 4,
    auth: 'bearer',
    arrange: asks(text),
    says: /challenge|realm|token service/,
  })),
  {
    name: '55: no more is asked of the token service than is needed',
    wanted: 'ok',
    auth: 'bearer',
    arrange: asks(
      ({ registry }) =>
        `Bearer realm="${registry.origin}/token",service="registry",scope="repository:app:pull,push,delete repository:other:push,pull registry:catalog:*"`,
    ),
    check: (_, { registry }) => {
      const asked = registry.requests
        .filter(({ path }) => path.startsWith('/token'))
        .map(({ path }) => decodeURIComponent(path));
      assert.ok(asked.length > 0);
      for (const path of asked) assert.doesNotMatch(path, /push|delete|other|catalog/);
    },
  },
  realm(
    '56: a realm with 10 000 parameters',
    ({ registry }) => `${registry.origin}/token?${'a=1&'.repeat(10_000)}`,
    {
      wanted: 7,
      check: (_, { registry }) => {
        for (const { path } of registry.requests) assert.ok(path.length <= 8192, `${path.length} characters`);
      },
    },
  ),
  {
    name: '60: a token service that sends us to another host',
    wanted: 4,
    auth: 'bearer',
    faults: async (stage) => {
      const origin = await strangers(stage);
      return { '* token': redirects(`${origin}/token`) };
    },
  },
  {
    name: '60: a token service that sends us to the address of cloud metadata',
    wanted: 7,
    auth: 'bearer',
    run: { withinSeconds: 20 },
    faults: { '* token': redirects('http://169.254.169.254/token', 302) },
  },
  {
    name: '60: a token service that sends us from TLS to clear',
    wanted: 7,
    place: 'tls',
    auth: 'bearer',
    faults: async (stage) => ({ '* token': redirects(`${await strangers(stage)}/token`) }),
    check: notAsked,
  },
  {
    name: '60: a token service that sends us round in circles',
    wanted: 7,
    auth: 'bearer',
    faults: { '* token': redirects('/token?again') },
  },
  {
    name: '60: a token service that sends us on at its own host',
    wanted: 'ok',
    auth: 'bearer',
    faults: { '* token': once(redirects(({ url }) => `/token${url.search}`)) },
  },
  {
    name: 'a challenge in an answer that says 200 is no challenge',
    wanted: 'ok',
    auth: 'none',
    login: true,
    faults: {
      'GET manifest': async (_, honest) => {
        const said = await honest();
        return { ...said, headers: { ...said.headers, 'www-authenticate': 'Basic realm="x"' } };
      },
    },
    check: (_, { registry }) => {
      for (const { headers } of registry.requests) assert.equal(headers.authorization, undefined);
    },
  },
  {
    name: 'a token service that dawdles is waited for',
    wanted: 'ok',
    auth: 'bearer',
    faults: {
      '* token': once(async (_, honest) => {
        await sleep(1500);
        return honest();
      }),
    },
  },
  {
    name: 'a challenge that changes from Bearer to Basic in the middle',
    wanted: 4,
    auth: 'bearer',
    faults: { 'GET layer': () => ({ status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }) },
    check: (_, { registry }) => assert.ok(registry.requests.length < 20, registry.seen().join()),
  },
  {
    name: 'a token service that answers with bytes that are no HTTP',
    wanted: 7,
    auth: 'bearer',
    faults: { '* token': speaks('\u0000\u0001\u0002 not http\r\n\r\n') },
  },
]);
