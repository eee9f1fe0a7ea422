import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { RegError } from '../../../src/errors.js';
import type { Credential } from '../../../src/registry/auth/credential.js';
import type { NamedService } from '../../../src/registry/auth/remembered.js';
import type { ClientOptions, HostMemory } from '../../../src/registry/client-options.js';
import type { Request } from '../../../src/registry/transport.js';
import { readText, startHosts, toRequest, type TestHosts } from '../../support/hosts.js';
import {
  basicCredentials,
  reply,
  startHttpServer,
  type Exchange,
  type HttpServer,
} from '../../support/http-server.js';

const LOGIN: Credential = { username: 'user', password: 'hunter22' };
const BASIC = `Basic ${Buffer.from('user:hunter22').toString('base64')}`;

interface Realm {
  /** What the token service answers; by default a new token each time, whoever asks. */
  readonly onToken?: (exchange: Exchange, count: number) => Promise<void> | void;
  /** Tokens that the registry takes; default all. */
  readonly accepts?: (token: string) => boolean;
  readonly challenge?: (realm: string) => string;
}

interface Setup {
  readonly registry: HttpServer;
  readonly realm: HttpServer;
  readonly hosts: TestHosts;
  readonly send: (request?: Partial<Request>) => Promise<string>;
}

/** A registry that asks for bearer tokens of a token service on another port. */
async function setUp(context: TestContext, options: Partial<ClientOptions> & Realm = {}): Promise<Setup> {
  const { onToken = sendToken, accepts = () => true, challenge = challengeFor, ...client } = options;
  let count = 0;
  const realm = await startHttpServer(context, (exchange) => onToken(exchange, ++count));
  const registry = await startHttpServer(context, (exchange) => {
    const token = /^Bearer (.*)$/.exec(exchange.request.headers.authorization ?? '')?.[1];
    if (token !== undefined && accepts(token)) return reply(exchange, 200, { body: 'content' });
    return reply(exchange, 401, {
      headers: { 'www-authenticate': challenge(`${realm.origin}/token`) },
      body: { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] },
    });
  });
  const hosts = startHosts(context, client);
  const send = async (request: Partial<Request> = {}): Promise<string> =>
    readText(await hosts.get(registry.host).send(toRequest('/v2/app/tags/list', request)));
  return { registry, realm, hosts, send };
}

function challengeFor(realm: string): string {
  return `Bearer realm="${realm}",service="registry.test",scope="repository:app:pull"`;
}

function sendToken(exchange: Exchange, count: number): void {
  reply(exchange, 200, { body: { token: `token-${count}` } });
}

function rejects(promise: Promise<unknown>, code: string, pattern: RegExp): Promise<void> {
  return assert.rejects(promise, (error: RegError) => {
    assert.equal(error.code, code, error.stack);
    assert.match(error.message, pattern);
    assert.doesNotMatch(`${error.message} ${error.context.hint}`, /hunter22|token-\d/);
    return true;
  });
}

const credentials = async (): Promise<Credential> => LOGIN;

test('nothing is sent before the registry asks; then the password, and at once with what follows', async (context) => {
  const registry = await startHttpServer(context, (exchange) =>
    basicCredentials(exchange.request.headers)?.password === 'hunter22'
      ? reply(exchange, 200)
      : reply(exchange, 401, { headers: { 'WWW-Authenticate': 'BASIC realm="r"' } }),
  );
  const asked: string[] = [];
  const hosts = startHosts(context, {
    credentials: async (host) => {
      asked.push(host);
      return LOGIN;
    },
  });
  await (await hosts.get(registry.host).send(toRequest('/v2/'))).discard();
  await (await hosts.get(registry.host).send(toRequest('/v2/app/x'))).discard();
  assert.deepEqual(
    registry.requests.map(({ headers }) => headers.authorization),
    [undefined, BASIC, BASIC],
  );
  assert.deepEqual(asked, [registry.host]);
});

test('each repository is asked for with its own credential, and a token is not used for another holder', async (context) => {
  const asked: (string | undefined)[] = [];
  const { realm, send } = await setUp(context, {
    credentials: async (_, repository) => {
      asked.push(repository);
      return { username: repository === 'app' ? 'ann' : 'bob', password: 'hunter22' };
    },
  });
  const app = { repository: 'app', actions: ['pull'] } as const;
  const lib = { repository: 'lib', actions: ['pull'] } as const;
  for (const scopes of [
    [app, lib],
    [lib],
    [app],
    [lib, app],
    [lib],
    [{ ...lib, repository: 'libs' }],
  ] as const)
    await send({ scopes });
  assert.deepEqual(asked, ['app', 'lib', 'libs']);
  assert.deepEqual(
    realm.requests.map(({ path, headers }) => [
      basicCredentials(headers)?.user,
      new URL(path, realm.origin).searchParams.getAll('scope').join(' '),
    ]),
    [
      ['ann', 'repository:app:pull repository:lib:pull'],
      ['bob', 'repository:lib:pull'],
      ['bob', 'repository:lib:pull repository:app:pull'],
      ['bob', 'repository:libs:pull'],
    ],
  );
});

test('credentials are never looked up for a registry that asks for none', async (context) => {
  const registry = await startHttpServer(context, (exchange) => reply(exchange, 200));
  const hosts = startHosts(context, { credentials: () => assert.fail('nobody asked') });
  await (await hosts.get(registry.host).send(toRequest('/v2/'))).discard();
});

test('a lookup that fails is an error, not an anonymous request', async (context) => {
  const { registry, realm, send } = await setUp(context, {
    credentials: () => Promise.reject(new Error('keychain is locked')),
  });
  await assert.rejects(send(), /keychain is locked/);
  assert.deepEqual([registry.requests.length, realm.requests.length], [1, 0]);
});

const unavailable = async (): Promise<never> => {
  throw new RegError('CREDENTIALS_UNAVAILABLE', 'the helper is missing', { hint: 'Install it.' });
};

test('a pull goes on without a credential that cannot be had, and says so once', async (context) => {
  const { realm, send, hosts } = await setUp(context, { credentials: unavailable });
  assert.equal(await send(), 'content');
  assert.equal(await send({ scopes: [{ repository: 'other', actions: ['pull'] }] }), 'content');
  assert.ok(realm.requests.every(({ headers }) => headers.authorization === undefined));
  assert.deepEqual(hosts.messages('warning'), [
    'the helper is missing: going on without a login. Install it.',
  ]);
});

test('a pull that is refused then fails for want of the credential', async (context) => {
  const bearer = await setUp(context, { credentials: unavailable, accepts: () => false });
  await rejects(bearer.send(), 'CREDENTIALS_UNAVAILABLE', /^the helper is missing$/);
  const noToken = await setUp(context, {
    credentials: unavailable,
    onToken: (exchange) => reply(exchange, 401),
  });
  await rejects(noToken.send(), 'CREDENTIALS_UNAVAILABLE', /^the helper is missing$/);
  const basic = await setUp(context, { credentials: unavailable, challenge: () => 'Basic realm="r"' });
  await rejects(basic.send(), 'CREDENTIALS_UNAVAILABLE', /^the helper is missing$/);
  assert.deepEqual(basic.hosts.messages('warning'), []);
});

test('what is more than a pull does not go on without the credential', async (context) => {
  const pull = { repository: 'from', actions: ['pull'] } as const;
  for (const scopes of [[], [{ repository: 'app', actions: ['pull', 'push'] }, pull]] as const) {
    const { realm, send, hosts } = await setUp(context, { credentials: unavailable });
    await rejects(send({ scopes }), 'CREDENTIALS_UNAVAILABLE', /^the helper is missing$/);
    assert.deepEqual([realm.requests.length, hosts.messages('warning')], [0, []]);
    assert.equal(await send(), 'content');
    await rejects(send({ scopes }), 'CREDENTIALS_UNAVAILABLE', /^the helper is missing$/);
  }
});

test('a wrong password costs two requests, also when many are under way', async (context) => {
  const registry = await startHttpServer(context, (exchange) =>
    reply(exchange, 401, {
      headers: { 'www-authenticate': 'Basic realm="r"' },
      body: { errors: [{ code: 'UNAUTHORIZED', message: 'user:hunter22 is wrong' }] },
    }),
  );
  const hosts = startHosts(context, { credentials });
  const sent = [1, 2, 3, 4].map(() => hosts.get(registry.host).send(toRequest('/v2/app/x')));
  for (const promise of sent) {
    await assert.rejects(promise, (error: RegError) => {
      const login = `Run "reg login ${registry.host}".`;
      assert.equal(error.context.hint, `The login for ${registry.host} was not accepted. ${login}`);
      assert.equal(error.message, `${registry.host} answered 401 Unauthorized: *** is wrong (UNAUTHORIZED)`);
      return error.code === 'UNAUTHORIZED';
    });
  }
  assert.equal(registry.requests.length, 2);
});

test('a wrong password at the token service costs one request to either', async (context) => {
  const { registry, realm, send } = await setUp(context, {
    credentials,
    onToken: (exchange) => reply(exchange, 401, { body: { details: 'incorrect username or password' } }),
  });
  await assert.rejects(send(), (error: RegError) => {
    assert.match(error.message, /^no token from 127\.0\.0\.1:\d+: .*: incorrect username or password$/);
    assert.match(error.context.hint ?? '', /reg login/);
    return error.code === 'UNAUTHORIZED';
  });
  assert.deepEqual([registry.requests.length, realm.requests.length], [1, 1]);
});

test('without credentials an anonymous token is fetched, and used for all that it covers', async (context) => {
  const { registry, realm, send } = await setUp(context);
  assert.equal(await send(), 'content');
  assert.equal(await send(), 'content');
  assert.equal(realm.requests.length, 1);
  assert.equal(realm.requests[0]?.path, '/token?service=registry.test&scope=repository%3Aapp%3Apull');
  assert.equal(realm.requests[0]?.headers.authorization, undefined);
  assert.deepEqual(
    registry.requests.map(({ headers }) => headers.authorization),
    [undefined, 'Bearer token-1', 'Bearer token-1'],
  );
});

test('the scope that is needed is asked for, merged, and not what the challenge offers', async (context) => {
  const { realm, send } = await setUp(context, {
    challenge: (url) => `Bearer realm="${url}",scope="repository:other:pull,push,delete repository:admin:*"`,
  });
  await send({
    scopes: [
      { repository: 'app', actions: ['push'] },
      { repository: 'from', actions: ['pull'] },
      { repository: 'app', actions: ['pull'] },
    ],
  });
  assert.deepEqual(new URL(realm.origin + realm.requests[0]?.path).searchParams.getAll('scope'), [
    'repository:app:pull,push',
    'repository:from:pull',
  ]);
});

test('requests that need the same token wait for the same token', async (context) => {
  const { realm, send, registry } = await setUp(context, {
    onToken: async (exchange, count) => {
      await sleep(20);
      sendToken(exchange, count);
    },
  });
  await send({ scopes: [] });
  await Promise.all([1, 2, 3, 4].map(() => send()));
  assert.equal(realm.requests.length, 2);
  assert.equal(registry.requests.length, 6);
});

test("the password goes to a token service on the registry's own host", async (context) => {
  const { realm, send, registry } = await setUp(context, { credentials });
  assert.equal(await send(), 'content');
  assert.equal(realm.requests[0]?.headers.authorization, BASIC);
  assert.ok(registry.requests.every(({ headers }) => headers.authorization !== BASIC));
});

test('a token is renewed shortly before it ends', async (context) => {
  const { realm, send, hosts } = await setUp(context, {
    onToken: (exchange, count) =>
      reply(exchange, 200, { body: { token: `token-${count}`, expires_in: 300 } }),
  });
  await send();
  hosts.advance(294_000);
  await send();
  assert.equal(realm.requests.length, 1);
  hosts.advance(2_000);
  await send();
  assert.equal(realm.requests.length, 2);
});

for (const [expires, life] of [
  [undefined, 60],
  [0, 60],
  [-100, 60],
  [1, 60],
  ['300', 60],
  [{}, 60],
  [1e99, 24 * 3600],
] as const) {
  test(`a token that expires in ${JSON.stringify(expires)} is used for ${life} seconds`, async (context) => {
    const { realm, send, hosts } = await setUp(context, {
      onToken: (exchange) =>
        reply(exchange, 200, {
          body: { token: 'abc', expires_in: expires, issued_at: '2001-01-01T00:00:00Z' },
        }),
    });
    await send();
    hosts.advance((life - 6) * 1000);
    await send();
    assert.equal(realm.requests.length, 1);
    hosts.advance(2000);
    await send();
    assert.equal(realm.requests.length, 2);
  });
}

test('a token that dies early is replaced once', async (context) => {
  let dead = '';
  const { realm, registry, send } = await setUp(context, { accepts: (token) => token !== dead });
  await send();
  dead = 'token-1';
  assert.equal(await send(), 'content');
  assert.equal(realm.requests.length, 2);
  assert.equal(registry.requests.length, 4);
});

test('tokens that died together are not tried one after the other', async (context) => {
  const dead = new Set<string>();
  const { realm, registry, hosts, send } = await setUp(context, { accepts: (token) => !dead.has(token) });
  await send();
  await send({ scopes: [{ repository: 'app', actions: ['pull', 'push'] }] });
  ['token-1', 'token-2'].forEach((token) => dead.add(token));
  // As after a night with the lid closed, which the clock knows nothing of.
  hosts.advance(1);
  assert.equal(await send(), 'content');
  assert.equal(realm.requests.length, 3);
  assert.equal(registry.requests.at(-1)?.headers.authorization, 'Bearer token-3');
});

test('a registry that refuses every token is asked no more than twice', async (context) => {
  const { realm, registry, send } = await setUp(context, { accepts: () => false, credentials });
  await rejects(send(), 'UNAUTHORIZED', /authentication required/);
  assert.deepEqual([registry.requests.length, realm.requests.length], [2, 1]);
  await rejects(send(), 'UNAUTHORIZED', /authentication required/);
  assert.deepEqual([registry.requests.length, realm.requests.length], [4, 2]);
});

test('a token that does not go far enough is DENIED', async (context) => {
  const challenge = (url: string): string => `Bearer realm="${url}",error="insufficient_scope"`;
  const anonymous = await setUp(context, { accepts: () => false, challenge });
  await assert.rejects(anonymous.send(), (error: RegError) => {
    assert.match(error.context.hint ?? '', /may not exist, or may require a login.*reg login/);
    return error.code === 'DENIED';
  });
  const known = await setUp(context, { accepts: () => false, challenge, credentials });
  await assert.rejects(
    known.send(),
    (error: RegError) => error.code === 'DENIED' && /does not allow it/.test(error.context.hint ?? ''),
  );
});

test('the token may be called access_token', async (context) => {
  const { registry, send } = await setUp(context, {
    onToken: (exchange) => reply(exchange, 200, { body: { access_token: 'abc', token: 'abc' } }),
  });
  await send();
  assert.equal(registry.requests[1]?.headers.authorization, 'Bearer abc');
});

for (const [what, body] of [
  ['a web page', '<html>Sign in to hotel wifi</html>'],
  ['nothing', '{}'],
  ['a number', '{"token":42}'],
  ['an object', '{"token":{"a":"b"}}'],
  ['a line break', '{"token":"abc\\r\\nX-Evil: 1"}'],
  ['two answers', '{"token":"abc","token":"abd"}'],
  ['a megabyte', JSON.stringify({ token: 'x'.repeat(1 << 20) })],
] as const) {
  test(`a token service that answers with ${what} is a PROTOCOL_ERROR that names it`, async (context) => {
    const { registry, send } = await setUp(context, {
      onToken: (exchange) => reply(exchange, 200, { body }),
    });
    await assert.rejects(send(), (error: RegError) => {
      assert.match(error.message, /^no token from 127\.0\.0\.1:\d+: /);
      assert.doesNotMatch(error.message, /abc|hotel|Evil|xxx/);
      return error.code === 'PROTOCOL_ERROR';
    });
    assert.equal(registry.requests.length, 1);
  });
}

test('a token service that is missing is no missing image', async (context) => {
  const { send } = await setUp(context, { onToken: (exchange) => reply(exchange, 404) });
  await rejects(send(), 'PROTOCOL_ERROR', /^no token from .* 404 Not Found/);
});

test('a token service that is silent is named by the timeout', async (context) => {
  const { realm, send } = await setUp(context, { onToken: () => {}, idleTimeoutMs: 50 });
  await rejects(send({ retry: false }), 'TIMEOUT', new RegExp(`no token from ${realm.host}: no answer`));
});

test('a token service that is out of breath is tried again', async (context) => {
  const { realm, send } = await setUp(context, {
    onToken: (exchange, count) => (count < 3 ? reply(exchange, 503) : sendToken(exchange, count)),
  });
  assert.equal(await send(), 'content');
  assert.equal(realm.requests.length, 3);
});

test('an identity token is sent in a form, and never in a URL', async (context) => {
  const forms: string[] = [];
  const { realm, registry, send } = await setUp(context, {
    credentials: async () => ({ identityToken: 'refresh me' }),
    onToken: async (exchange) => {
      for await (const chunk of exchange.request) forms.push(String(chunk));
      reply(exchange, 200, { body: { access_token: 'abc' } });
    },
  });
  await send();
  assert.equal(realm.requests[0]?.method, 'POST');
  assert.equal(realm.requests[0]?.path, '/token');
  assert.deepEqual(Object.fromEntries(new URLSearchParams(forms[0])), {
    grant_type: 'refresh_token',
    client_id: 'reg',
    refresh_token: 'refresh me',
    service: 'registry.test',
    scope: 'repository:app:pull',
  });
  assert.equal(registry.requests[1]?.headers.authorization, 'Bearer abc');
});

for (const status of [400, 401, 404, 405]) {
  test(`a token service that answers a form with ${status} gets the password the old way`, async (context) => {
    const { realm, send } = await setUp(context, {
      credentials: async () => ({ identityToken: 'refresh me', ...LOGIN }),
      onToken: (exchange, count) => (count === 1 ? reply(exchange, status) : sendToken(exchange, count)),
    });
    await send();
    assert.deepEqual(
      realm.requests.map(({ method, headers }) => [method, headers.authorization]),
      [
        ['POST', undefined],
        ['GET', BASIC],
      ],
    );
  });
}

test('an identity token that is refused leaves what everybody may have, but is no good login', async (context) => {
  const { realm, send } = await setUp(context, {
    credentials: async () => ({ identityToken: 'refresh me' }),
    onToken: (exchange, count) =>
      exchange.request.method === 'POST' ? reply(exchange, 401) : sendToken(exchange, count),
  });
  await rejects(send({ scopes: [] }), 'UNAUTHORIZED', /^no token from/);
  assert.equal(realm.requests.length, 1);
  assert.equal(await send(), 'content');
  assert.deepEqual(
    realm.requests.map(({ method, headers }) => [method, headers.authorization]),
    [
      ['POST', undefined],
      ['POST', undefined],
      ['GET', undefined],
    ],
  );
});

test('a token for the registry itself is used as it is', async (context) => {
  const { realm, registry, send } = await setUp(context, {
    credentials: async () => ({ registryToken: 'ready-made' }),
  });
  await send();
  assert.equal(registry.requests[1]?.headers.authorization, 'Bearer ready-made');
  assert.equal(realm.requests.length, 0);
});

test('a registry with a scope of its own kind is asked for that', async (context) => {
  const { realm, send } = await setUp(context, {
    challenge: (url) => `Bearer realm="${url}",service="public.ecr.aws",scope="aws"`,
  });
  await send();
  assert.equal(realm.requests[0]?.path, '/token?service=public.ecr.aws&scope=aws');
});

test('where Bearer is offered beside others it is taken, unless its realm may not see the password', async (context) => {
  const challenge = (url: string): string =>
    `Negotiate, Basic realm="a, b", Bearer realm="${url}",service="x,y"`;
  const anonymous = await setUp(context, { challenge });
  assert.equal(await anonymous.send(), 'content');
  const known = await setUp(context, { challenge, credentials });
  assert.equal(await known.send(), 'content');
  assert.equal(known.realm.requests[0]?.headers.authorization, BASIC);
  const strange = await setUp(context, {
    challenge: (url) => challenge(url.replace('127.0.0.1', 'auth.strange.example')),
    credentials,
    plainHttpAuth: true,
  });
  await rejects(strange.send(), 'UNAUTHORIZED', /authentication required/);
  assert.equal(strange.registry.requests[1]?.headers.authorization, BASIC);
});

for (const challenge of [undefined, 'Negotiate', 'Digest realm="x", nonce="y"', '"""']) {
  test(`a 401 with the challenge ${challenge} is no usable one`, async (context) => {
    const registry = await startHttpServer(context, (exchange) =>
      reply(exchange, 401, { headers: challenge === undefined ? {} : { 'www-authenticate': challenge } }),
    );
    const hosts = startHosts(context, { credentials });
    await rejects(
      hosts.get(registry.host).send(toRequest('/v2/app/x')),
      'UNAUTHORIZED',
      /401 without a usable challenge/,
    );
    assert.ok(registry.requests.every(({ headers }) => headers.authorization === undefined));
  });
}

test('where the challenge is missing, the one of /v2/ counts', async (context) => {
  const registry = await startHttpServer(context, (exchange) => {
    if (exchange.request.headers.authorization === BASIC) return reply(exchange, 200);
    const headers = exchange.url.pathname === '/v2/' ? { 'www-authenticate': 'Basic' } : {};
    return reply(exchange, 401, { headers });
  });
  const hosts = startHosts(context, { credentials });
  await (await hosts.get(registry.host).send(toRequest('/v2/app/x'))).discard();
  assert.deepEqual(
    registry.requests.map(({ path }) => path),
    ['/v2/app/x', '/v2/', '/v2/app/x'],
  );
});

test('a registry that wants a password, and there is none, says what to do', async (context) => {
  const registry = await startHttpServer(context, (exchange) =>
    reply(exchange, 401, { headers: { 'www-authenticate': 'Basic realm="r"' } }),
  );
  await assert.rejects(startHosts(context).get(registry.host).send(toRequest('/v2/')), (error: RegError) => {
    assert.equal(error.context.hint, `Run "reg login ${registry.host}".`);
    return error.code === 'UNAUTHORIZED';
  });
  assert.equal(registry.requests.length, 1);
});

test('a caller that gives up does not spoil the token for the others', async (context) => {
  const { realm, send } = await setUp(context, {
    onToken: async (exchange, count) => {
      await sleep(50);
      sendToken(exchange, count);
    },
  });
  await send({ scopes: [] });
  const controller = new AbortController();
  const [impatient, patient] = [send({ signal: controller.signal }), send()];
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(impatient, { code: 'ABORTED' });
  assert.equal(await patient, 'content');
  assert.equal(realm.requests.length, 2);
});

test('passwords and tokens are known to the redactor', async (context) => {
  const { hosts, send } = await setUp(context, { credentials });
  await send();
  for (const secret of ['hunter22', BASIC.slice(6), 'token-1'])
    assert.equal(hosts.redactor.redact(secret), '***');
  for (const { message } of hosts.messages('debug').map((message) => ({ message }))) {
    assert.match(message, /^GET http:\/\/127\.0\.0\.1:\d+\/\S* \d{3} \d+ ms$/);
    assert.doesNotMatch(message, /hunter22|token-1|scope/);
  }
});

test('a credential that has run out is looked up again, and no other', async (t) => {
  for (const [lifeMs, lookups] of [
    [3_600_000, 2],
    [undefined, 1],
  ] as const) {
    const shown: (string | undefined)[] = [];
    let count = 0;
    const { hosts, send } = await setUp(t, {
      credentials: async () => ({ username: 'user', password: `password-${++count}`, lifeMs }),
      onToken: (exchange) => {
        shown.push(basicCredentials(exchange.log.headers)?.password);
        sendToken(exchange, shown.length);
      },
    });
    await send();
    hosts.advance(1_000_000);
    await send();
    hosts.advance(2_600_000);
    await send();
    assert.equal(count, lookups);
    assert.deepEqual(shown, ['password-1', 'password-1', `password-${lookups}`]);
  }
});

interface Noted {
  readonly memory: HostMemory;
  /** What is remembered, by the root URL of the registry. */
  readonly named: Map<string, NamedService>;
}

function remembering(): Noted {
  const named = new Map<string, NamedService>();
  const memory: HostMemory = {
    isPlain: async () => false,
    notePlain() {},
    recall: async (registry) => named.get(registry),
    note: (registry, service) => void named.set(registry, service),
    forget: (registry) => void named.delete(registry),
  };
  return { memory, named };
}

test('a token service of an earlier run is asked at once, without a request that is only refused', async (context) => {
  const { memory, named } = remembering();
  const { registry, realm, send } = await setUp(context, { memory, credentials });
  assert.equal(await send(), 'content');
  assert.deepEqual(
    [...named],
    [[`${registry.origin}/`, { realm: `${realm.origin}/token`, service: 'registry.test' }]],
  );
  const later = startHosts(context, { memory, credentials });
  const answer = await later.get(registry.host).send(toRequest('/v2/app/tags/list'));
  assert.equal(await readText(answer), 'content');
  assert.deepEqual(
    registry.requests.map(({ status }) => status),
    [401, 200, 200],
  );
  assert.equal(realm.requests.length, 2);
  assert.match(realm.requests.at(-1)?.path ?? '', /service=registry\.test&scope=repository%3Aapp%3Apull/);
});

test('whatever was remembered wrongly, the registry has the last word', async (context) => {
  for (const service of [
    { realm: 'http://127.0.0.1:1/gone', service: '' },
    { realm: 'https://169.254.169.254/token', service: '' },
    { realm: 'no url', service: 'x'.repeat(300) },
    { realm: 'file:///etc/passwd', service: '' },
  ]) {
    const { memory, named } = remembering();
    const { registry, realm, send } = await setUp(context, { memory, credentials });
    named.set(`${registry.origin}/`, service);
    assert.equal(await send(), 'content', service.realm);
    assert.equal(named.get(`${registry.origin}/`)?.realm, `${realm.origin}/token`);
  }
});

test('a remembered token service gets no password that one named just now would not get', async (context) => {
  const { memory, named } = remembering();
  const stranger = await startHttpServer(context, (exchange) => sendToken(exchange, 1), {
    address: '127.0.0.2',
  });
  const { registry, send } = await setUp(context, { memory, credentials });
  named.set(`${registry.origin}/`, { realm: `${stranger.origin}/token`, service: '' });
  assert.equal(await send(), 'content');
  assert.deepEqual(stranger.requests, []);
});

test('a password that a remembered token service refuses is not sent twice', async (context) => {
  const { memory, named } = remembering();
  const { registry, realm, send } = await setUp(context, {
    memory,
    credentials,
    onToken: (exchange) => reply(exchange, 401, { body: { errors: [{ code: 'UNAUTHORIZED' }] } }),
  });
  named.set(`${registry.origin}/`, { realm: `${realm.origin}/token`, service: 'registry.test' });
  await rejects(send(), 'UNAUTHORIZED', /./);
  assert.equal(realm.requests.length, 1);
  assert.equal(named.size, 0);
});
