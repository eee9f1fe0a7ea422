import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { suite, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { contentOf } from '../../../src/content/read.js';
import type { Content } from '../../../src/content/types.js';
import { hasCode, RegError } from '../../../src/errors.js';
import { Registry } from '../../../src/registry/registry.js';
import type { Answer, Request } from '../../../src/registry/transport.js';
import { describe, type Descriptor } from '../../../src/spec/descriptor.js';
import { digestOf } from '../../../src/spec/digest.js';
import { OCI_LAYER } from '../../../src/spec/media-type.js';
import { cannedAnswer } from '../../support/canned-answer.js';
import { reply, type Exchange } from '../../support/http-server.js';
import { instantClock } from '../../support/instant-clock.js';
import { refuse, type Quirk, type ScriptedRegistry } from '../../support/scripted-registry.js';
import { failsWith, scriptedSetup } from '../../support/scripted-setup.js';

const MIB = 1024 * 1024;
const SMALL = Buffer.from('a small layer');
const OTHER = Buffer.from('another small layer');
/** 5 MiB that repeat nowhere. */
const LARGE = Buffer.from(Uint32Array.from({ length: (5 * MIB) / 4 }, (_, i) => i).buffer);

const UPLOADS = '/v2/app/blobs/uploads/';
const STATE = '_state=a%2Fb%3D%3D';

const head = (bytes: Buffer): string => `HEAD /v2/app/blobs/${digestOf(bytes)}`;
const POST = `POST ${UPLOADS}`;
const PATCH = `PATCH ${UPLOADS}*?${STATE}`;
const STATUS = `GET ${UPLOADS}*?${STATE}`;
const CANCEL = `DELETE ${UPLOADS}*?${STATE}`;
const put = (bytes: Buffer): string =>
  `PUT ${UPLOADS}*?${STATE}&digest=${encodeURIComponent(digestOf(bytes))}`;

function content(bytes: Buffer, more: Partial<Content> = {}): Content {
  return { ...chunked(describe(OCI_LAYER, bytes), bytes), ...more };
}

/** Comes in chunks of 64 KiB. */
function chunked(descriptor: Descriptor, bytes: Buffer): Content {
  return {
    descriptor,
    open: async ({ from = 0 } = {}) =>
      (async function* () {
        for (let at = from; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
      })(),
  };
}

function always(status: number, code = 'UNSUPPORTED'): Quirk {
  return (exchange) => {
    exchange.request.resume();
    exchange.request.on('end', () => refuse(exchange, status, code));
  };
}

/** Takes so many bytes of the body in, and breaks the connection. */
function breakAfter(server: ScriptedRegistry, count: number): Quirk {
  return async ({ request, response, url }) => {
    const id = url.pathname.split('/').at(-1) ?? '';
    let held = server.sessions.get(id) ?? Buffer.alloc(0);
    const goal = held.length + count;
    for await (const chunk of request) {
      held = Buffer.concat([held, chunk as Buffer]).subarray(0, goal);
      server.sessions.set(id, held);
      if (held.length === goal) break;
    }
    response.destroy();
  };
}

function received(server: ScriptedRegistry, bytes: Buffer): void {
  assert.equal(server.blobs.get(digestOf(bytes))?.equals(bytes), true);
  assert.equal(server.sessions.size, 0, 'a session was left behind');
}

test('a small blob goes up by POST and PUT', async (t) => {
  const { registry, server } = await scriptedSetup(t);
  assert.equal(await registry.put(content(SMALL)), 'written');
  assert.deepEqual(server.seen(), [head(SMALL), POST, put(SMALL)]);
  assert.equal(server.requests.at(-1)?.headers['content-length'], `${SMALL.length}`);
  received(server, SMALL);
});

test('a large blob goes up by one PATCH without a Content-Range, and an empty PUT', async (t) => {
  const { registry, server } = await scriptedSetup(t);
  assert.equal(await registry.put(content(LARGE)), 'written');
  assert.deepEqual(server.seen(), [head(LARGE), POST, PATCH, put(LARGE)]);
  const [, , patch, commit] = server.requests;
  assert.equal(patch?.headers['content-range'], undefined);
  assert.equal(patch?.headers['content-type'], 'application/octet-stream');
  assert.equal(patch?.headers['content-length'], `${LARGE.length}`);
  assert.equal(commit?.headers['content-length'], '0');
  received(server, LARGE);
});

test('a blob that is there takes one HEAD', async (t) => {
  const { registry, server } = await scriptedSetup(t);
  server.blobs.set(digestOf(SMALL), SMALL);
  assert.equal(await registry.put(content(SMALL)), 'exists');
  assert.deepEqual(server.seen(), [head(SMALL)]);
});

test('a blob that is to be fresh is neither asked for nor mounted', async (t) => {
  const { registry, server } = await scriptedSetup(t);
  const origin = { host: server.host, repository: 'base' };
  server.blobs.set(digestOf(SMALL), SMALL);
  assert.equal(await registry.put(content(SMALL, { origin }), { fresh: true }), 'written');
  assert.deepEqual(server.seen(), [POST, put(SMALL)]);
});

suite('a blob of another repository of the host', () => {
  const mount = `${POST}?mount=${encodeURIComponent(digestOf(SMALL))}&from=team%2Fbase`;

  test('is mounted without a byte', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.mountable.set(digestOf(SMALL), SMALL);
    const origin = { host: server.host, repository: 'team/base' };
    const open = (): never => assert.fail('opened');
    assert.equal(await registry.put(content(SMALL, { origin, open })), 'mounted');
    assert.deepEqual(server.seen(), [mount]);
  });

  test('is asked for after a mount was refused, and before the next one', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    const origin = { host: server.host, repository: 'team/base' };
    const open = (): never => assert.fail('opened');
    server.blobs.set(digestOf(SMALL), SMALL).set(digestOf(LARGE), LARGE);
    server.quirk(/^HEAD/, always(404), { times: 1 });
    await registry.put(content(SMALL, { origin }));
    const before = server.seen().length;
    assert.equal(await registry.put(content(LARGE, { origin, open })), 'exists');
    assert.deepEqual(server.seen().slice(before), [head(LARGE)]);
    server.mountable.set(digestOf(OTHER), OTHER);
    assert.equal(await registry.put(content(OTHER, { origin, open })), 'mounted');
    assert.equal(server.sessions.size, 0, 'a session was left behind');
  });

  test('is not sent when a mount is refused and it is here', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.blobs.set(digestOf(SMALL), SMALL);
    const origin = { host: server.host, repository: 'team/base' };
    const open = (): never => assert.fail('opened');
    assert.equal(await registry.put(content(SMALL, { origin, open })), 'exists');
    assert.deepEqual(server.seen(), [mount, head(SMALL), CANCEL]);
    assert.equal(server.sessions.size, 0, 'a session was left behind');
  });

  test('goes up in the session that came instead of a mount', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    const origin = { host: server.host, repository: 'team/base' };
    assert.equal(await registry.put(content(SMALL, { origin })), 'written');
    assert.deepEqual(server.seen(), [mount, head(SMALL), put(SMALL)]);
    received(server, SMALL);
  });

  const failures: readonly (readonly [name: string, quirk: Quirk])[] = [
    ...[401, 403, 404, 405, 500, 503].map((status) => [`is refused with ${status}`, always(status)] as const),
    ['breaks the connection', ({ response }) => void response.destroy()],
    ['makes another blob', (e) => reply(e, 201, { headers: { 'docker-content-digest': digestOf(LARGE) } })],
    ['leads to another host', (e) => reply(e, 202, { headers: { location: 'http://evil.example/up' } })],
  ];
  for (const [name, quirk] of failures) {
    test(`goes up when the mount ${name}`, async (t) => {
      const { registry, server } = await scriptedSetup(t);
      server.quirk(/^POST .*mount/, quirk);
      const origin = { host: server.host, repository: 'team/base' };
      assert.equal(await registry.put(content(SMALL, { origin })), 'written');
      assert.deepEqual(server.seen(), [mount, head(SMALL), POST, put(SMALL)]);
      received(server, SMALL);
    });
  }

  test('is not asked for where it comes from another host, or from here', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    await registry.put(content(SMALL, { origin: { host: 'docker.io', repository: 'library/nginx' } }));
    await registry.put(content(LARGE, { origin: { host: server.host, repository: 'app' } }));
    assert.deepEqual(
      server.seen().filter((line) => line.startsWith('POST')),
      [POST, POST],
    );
  });
});

suite('the upload is known to be done', () => {
  for (const [patch, commit] of [
    [202, 201],
    [201, 201],
    [204, 204],
    [202, 200],
    [202, 202],
  ] as const) {
    test(`after PATCH ${patch} and PUT ${commit}`, async (t) => {
      const { registry, server } = await scriptedSetup(t);
      server.quirk(/^PATCH/, withStatus(patch));
      server.quirk(/^PUT/, withStatus(commit));
      assert.equal(await registry.put(content(LARGE)), 'written');
      received(server, LARGE);
    });
  }

  test('not when the answer names another digest', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^PUT/, (e) => reply(e, 201, { headers: { 'docker-content-digest': digestOf(LARGE) } }));
    await assert.rejects(registry.put(content(SMALL)), failsWith('DIGEST_MISMATCH', /under another digest/));
  });

  test('by a digest of another algorithm all the same', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^PUT/, (e) => reply(e, 201, { headers: { 'docker-content-digest': digestOf(SMALL) } }));
    assert.equal(await registry.put(chunked(describe(OCI_LAYER, SMALL, 'sha512'), SMALL)), 'written');
  });
});

/** Does what a good registry does and says it with another status. */
function withStatus(status: number): Quirk {
  return async ({ response }, behave) => {
    const write = response.writeHead.bind(response);
    response.writeHead = (_: number, headers: never) => write(status, headers);
    await behave();
  };
}

function wireCode(error: unknown): string | undefined {
  return error instanceof RegError ? error.context.wireErrors?.[0]?.code : undefined;
}

suite('where one way is refused another is taken', () => {
  const UNTIL_PATCH = [head(LARGE), POST, PATCH];

  for (const status of [400, 404, 405, 413, 416, 501]) {
    test(`one PUT for all where PATCH is answered with ${status}`, async (t) => {
      const { registry, server } = await scriptedSetup(t);
      server.quirk(/^PATCH/, always(status));
      assert.equal(await registry.put(content(LARGE)), 'written');
      assert.deepEqual(server.seen(), [...UNTIL_PATCH, CANCEL, head(LARGE), POST, put(LARGE)]);
      received(server, LARGE);
    });
  }

  test('PATCH where a PUT may have no body', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^PUT/, (exchange, behave) =>
      exchange.request.headers['content-length'] === '0' ? behave() : always(400)(exchange, behave),
    );
    assert.equal(await registry.put(content(SMALL)), 'written');
    assert.deepEqual(server.seen(), [
      head(SMALL),
      POST,
      put(SMALL),
      CANCEL,
      head(SMALL),
      POST,
      PATCH,
      put(SMALL),
    ]);
    received(server, SMALL);
  });

  const atMost =
    (limit: number): Quirk =>
    (exchange, behave) =>
      Number(exchange.request.headers['content-length']) > limit ? always(413)(exchange, behave) : behave();

  test('pieces, as large as they may be, where no body may be large', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^(PATCH|PUT)/, atMost(4 * MIB));
    assert.equal(await registry.put(content(LARGE)), 'written');
    const ranges = server.requests
      .map(({ headers }) => headers['content-range'])
      .filter((range) => range !== undefined);
    assert.deepEqual(ranges, ['0-4194302', '4194303-5242879']);
    received(server, LARGE);
  });

  test('and then tried first from there on', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^(PATCH|PUT)/, atMost(MIB));
    await registry.put(content(LARGE));
    const before = server.requests.length;
    const other = Buffer.concat([LARGE, SMALL]);
    await registry.put(content(other));
    const methods = server.requests.slice(before).map(({ method }) => method);
    assert.deepEqual(methods, ['HEAD', 'POST', ...Array<string>(6).fill('PATCH'), 'PUT']);
    received(server, other);
  });

  test('and pieces are never smaller than the registry wants them', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^POST/, (exchange, behave) => {
      exchange.response.setHeader('OCI-Chunk-Min-Length', `${4.5 * MIB}`);
      return behave();
    });
    server.quirk(/^(PATCH|PUT)/, atMost(4.5 * MIB));
    assert.equal(await registry.put(content(LARGE)), 'written');
    const ranges = server.requests
      .map(({ headers }) => headers['content-range'])
      .filter((range) => range !== undefined);
    assert.deepEqual(ranges, ['0-4718591', '4718592-5242879']);
  });

  test('unless the blob is there after all: ECR makes it at the PATCH', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^PUT/, (exchange) => {
      server.blobs.set(digestOf(LARGE), LARGE);
      refuse(exchange, 400, 'BLOB_UPLOAD_INVALID');
    });
    assert.equal(await registry.put(content(LARGE)), 'written');
    assert.deepEqual(server.seen(), [...UNTIL_PATCH, put(LARGE), CANCEL, head(LARGE)]);
  });

  test('and when all are refused, the first refusal is told', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^PATCH/, always(405));
    server.quirk(/^PUT/, always(413));
    await assert.rejects(registry.put(content(LARGE)), failsWith('UNSUPPORTED', /405/));
    assert.equal(server.sessions.size, 0);
  });

  for (const [status, code] of [
    [400, 'DIGEST_INVALID'],
    [403, 'DENIED'],
    [404, 'NAME_UNKNOWN'],
    [401, 'UNAUTHORIZED'],
  ] as const) {
    test(`but not after ${status} ${code}, which means the blob`, async (t) => {
      const { registry, server } = await scriptedSetup(t);
      server.quirk(/^PUT/, always(status, code));
      await assert.rejects(
        registry.put(content(SMALL)),
        // A 401 asks for a login, whatever else it says.
        (error) => hasCode(error, 'UNAUTHORIZED') || wireCode(error) === code,
      );
      assert.deepEqual(server.seen(), [head(SMALL), POST, put(SMALL), CANCEL]);
    });
  }
});

suite('an upload that breaks', () => {
  test('goes on where the registry is, at its new location', async (t) => {
    const { registry, server, waits } = await scriptedSetup(t);
    server.quirk(/^PATCH/, breakAfter(server, 2 * MIB), { times: 1 });
    assert.equal(await registry.put(content(LARGE)), 'written');
    assert.deepEqual(server.seen(), [head(LARGE), POST, PATCH, STATUS, PATCH, put(LARGE)]);
    assert.equal(server.requests[4]?.headers['content-range'], '2097152-5242879');
    assert.equal(server.requests[4]?.requestBytes, 3 * MIB);
    assert.equal(waits.length, 1);
    received(server, LARGE);
  });

  test('goes on as often as there is progress', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^PATCH/, breakAfter(server, MIB / 2), { times: 9 });
    assert.equal(await registry.put(content(LARGE)), 'written');
    received(server, LARGE);
  });

  test('is given up after five tries without progress', async (t) => {
    const { registry, server, waits } = await scriptedSetup(t);
    server.quirk(/^PATCH/, ({ response }) => void response.destroy());
    await assert.rejects(registry.put(content(LARGE)), failsWith('UNREACHABLE'));
    assert.equal(server.seen().filter((line) => line === PATCH).length, 5);
    assert.equal(waits.length, 4);
    assert.equal(server.sessions.size, 0);
  });

  const beginnings: readonly (readonly [name: string, quirk: Quirk])[] = [
    ['has forgotten it', always(404, 'BLOB_UPLOAD_UNKNOWN')],
    ['does not say how far it is', (e) => reply(e, 204)],
    ['claims more than was sent', (e) => reply(e, 204, { headers: { range: `0-${LARGE.length + 1}` } })],
  ];
  for (const [name, quirk] of beginnings) {
    test(`starts again when the registry ${name}`, async (t) => {
      const { registry, server } = await scriptedSetup(t);
      server.quirk(/^PATCH/, breakAfter(server, 2 * MIB), { times: 1 });
      server.quirk(/^GET/, quirk);
      assert.equal(await registry.put(content(LARGE)), 'written');
      assert.deepEqual(server.seen(), [head(LARGE), POST, PATCH, STATUS, CANCEL, POST, PATCH, put(LARGE)]);
      received(server, LARGE);
    });
  }

  test('starts again although its source stalls, and then gives what nobody waits for', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^PATCH/, breakAfter(server, 2 * MIB), { times: 1 });
    server.quirk(/^GET/, always(404, 'BLOB_UPLOAD_UNKNOWN'));
    const again = new EventEmitter();
    let count = 0;
    const open = async (): Promise<AsyncIterable<Uint8Array>> => {
      const isFirst = ++count === 1;
      return (async function* () {
        for (let at = 0; at < LARGE.length; at += MIB) {
          if (isFirst && at === 2 * MIB) await once(again, 'begun');
          yield LARGE.subarray(at, at + MIB);
          if (again.emit('begun')) await nextTurn();
        }
      })();
    };
    assert.equal(await registry.put(content(LARGE, { open })), 'written');
    assert.equal(count, 2);
    received(server, LARGE);
  });

  test('at the commit asks whether it is there before anything is sent again', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^PUT/, async ({ request, response }) => {
      request.resume();
      server.blobs.set(digestOf(LARGE), LARGE);
      response.destroy();
    });
    assert.equal(await registry.put(content(LARGE)), 'written');
    assert.deepEqual(server.seen(), [head(LARGE), POST, PATCH, put(LARGE), head(LARGE)]);
  });

  test('at the commit commits again, and sends nothing twice', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^PUT/, always(503), { times: 1 });
    assert.equal(await registry.put(content(LARGE)), 'written');
    assert.deepEqual(server.seen(), [head(LARGE), POST, PATCH, put(LARGE), head(LARGE), STATUS, put(LARGE)]);
    received(server, LARGE);
  });

  test('in one PUT starts again in a new session', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^PUT/, always(500), { times: 1 });
    assert.equal(await registry.put(content(SMALL)), 'written');
    assert.deepEqual(server.seen(), [head(SMALL), POST, put(SMALL), head(SMALL), CANCEL, POST, put(SMALL)]);
    received(server, SMALL);
  });
});

suite('wrong bytes never become a blob', () => {
  const other = Buffer.concat([LARGE.subarray(0, -1), Buffer.from('!')]);
  const cases: readonly (readonly [name: string, wrong: Content])[] = [
    [
      'in one PUT',
      chunked(describe(OCI_LAYER, Buffer.from('a small flayer')), Buffer.from('a small slayer')),
    ],
    ['in a PATCH', chunked(describe(OCI_LAYER, LARGE), other)],
  ];
  for (const [name, wrong] of cases) {
    test(name, async (t) => {
      const { registry, server } = await scriptedSetup(t);
      await assert.rejects(registry.put(wrong), failsWith('DIGEST_MISMATCH'));
      assert.deepEqual([...server.blobs.keys()], []);
      assert.equal(server.seen().at(-1), CANCEL);
      assert.equal(server.seen().filter((line) => line === POST).length, 1, 'tried another way');
    });
  }
});

test('a source that fails is neither retried nor taken for a refusal', async (t) => {
  const { registry, server, waits } = await scriptedSetup(t);
  for (const error of [
    new RegError('NOT_FOUND', 'the source has it no more', { status: 404 }),
    new RegError('UNREACHABLE', 'the source is gone'),
  ]) {
    const open = async (): Promise<never> => Promise.reject(error);
    await assert.rejects(registry.put(content(SMALL, { open })), (thrown) => thrown === error);
  }
  assert.equal(waits.length, 0);
  assert.equal(server.seen().filter((line) => line === POST).length, 2);
});

suite('an upload is refused', () => {
  const cases: readonly (readonly [name: string, headers: Record<string, string>, message: RegExp])[] = [
    ['without a Location', {}, /no Location header/],
    ['at another host', { location: 'http://evil.example/up' }, /evil\.example, which is refused/],
  ];
  for (const [name, headers, message] of cases) {
    test(`${name} after the POST`, async (t) => {
      const { registry, server } = await scriptedSetup(t);
      server.quirk(/^POST/, (exchange) => reply(exchange, 202, { headers }));
      await assert.rejects(registry.put(content(SMALL)), failsWith('PROTOCOL_ERROR', message));
      assert.deepEqual(server.seen(), [head(SMALL), POST]);
    });
  }

  test('at another host after the PATCH', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^PATCH/, async (exchange: Exchange) => {
      for await (const _ of exchange.request);
      reply(exchange, 202, { headers: { location: 'http://evil.example/up' } });
    });
    await assert.rejects(registry.put(content(LARGE)), failsWith('PROTOCOL_ERROR', /evil\.example/));
    assert.equal(
      server.seen().some((line) => line.startsWith('PUT')),
      false,
    );
  });

  test('into a repository that must be made first', async (t) => {
    const { registry, server } = await scriptedSetup(t);
    server.quirk(/^POST/, always(404, 'NAME_UNKNOWN'));
    await assert.rejects(
      registry.put(content(SMALL)),
      failsWith('NOT_FOUND', /no repository app to push to/),
    );
  });
});

test('an upload that is called off is cancelled at the registry', async (t) => {
  const { registry, server } = await scriptedSetup(t);
  const abort = new AbortController();
  server.quirk(/^PATCH/, () => abort.abort(new RegError('ABORTED', 'enough')));
  await assert.rejects(registry.put(content(LARGE), { signal: abort.signal }), failsWith('ABORTED'));
  assert.equal(server.seen().at(-1), CANCEL);
  assert.equal(server.sessions.size, 0);
});

test('the length of a blob of 6 GiB is announced as it is', async () => {
  const requests: Request[] = [];
  const send = async (request: Request): Promise<Answer> => {
    requests.push(request);
    const status = { HEAD: 404, POST: 202, PATCH: 202, PUT: 201, GET: 204, DELETE: 204 }[request.method];
    return cannedAnswer(status, { location: '/up/1' });
  };
  const registry = new Registry({
    host: 'a.example',
    repository: 'app',
    transport: { send },
    clock: instantClock(),
  });
  const size = 6 * 1024 ** 3;
  assert.equal(
    await registry.put(content(SMALL, { descriptor: { ...describe(OCI_LAYER, SMALL), size } })),
    'written',
  );
  assert.deepEqual(
    requests.map(({ method, body }) => [method, body instanceof Uint8Array ? body.length : body?.size]),
    [
      ['HEAD', undefined],
      ['POST', 0],
      ['PATCH', 6442450944],
      ['PUT', 0],
    ],
  );
});

test('a small content in one chunk is sent as it is', async (t) => {
  const { registry, server } = await scriptedSetup(t);
  await registry.put(contentOf(describe(OCI_LAYER, SMALL), SMALL));
  received(server, SMALL);
});
