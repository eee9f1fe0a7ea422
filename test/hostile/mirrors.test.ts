import assert from 'node:assert/strict';
import { test } from 'node:test';

import { verifyLayout } from '../../src/layout/verify.js';
import { connect } from '../../src/operations/connect/connect.js';
import { inspect } from '../../src/operations/look/inspect.js';
import { machineOptions } from '../../src/operations/connect/machine.js';
import { pull } from '../../src/operations/transfer/pull.js';
import { push } from '../../src/operations/transfer/push.js';
import type { RegistryClient } from '../../src/registry/client.js';
import type { Notice } from '../../src/registry/notices.js';
import { openStore } from '../layout/stores.js';
import { startRegistry, type TestRegistry } from '../server/registry.js';
import { startLoggingProxy, type LoggingProxyOptions } from '../support/http-proxy-log.js';
import {
  basicCredentials,
  reply,
  startHttpServer,
  type Exchange,
  type HttpServer,
} from '../support/http-server.js';
import { image, layer, type TestImage } from '../support/images.js';
import { instantClock } from '../support/instant-clock.js';
import { failsWith } from '../support/scripted-setup.js';
import { temporaryFolder, type Scope } from '../support/temp.js';

const LOGIN = { username: 'ann', password: 'open-the-origin' };

interface Stage {
  /** A registry that wants a password, as a client sees it. */
  readonly origin: HttpServer;
  readonly originRegistry: TestRegistry;
  /** A mirror that has the same image, as far as it lets anybody know. */
  readonly mirror: HttpServer;
  readonly mirrorRegistry: TestRegistry;
  readonly app: TestImage;
  readonly client: RegistryClient;
  readonly store: Awaited<ReturnType<typeof openStore>>;
  readonly notices: readonly Notice[];
}

/** Both have `app:1`, of two layers. */
async function setStage(
  scope: Scope,
  intercept?: LoggingProxyOptions['intercept'],
  { idleTimeoutMs = 10_000 }: { readonly idleTimeoutMs?: number | undefined } = {},
): Promise<Stage> {
  const [originRegistry, mirrorRegistry] = [await startRegistry(scope), await startRegistry(scope)];
  const app = image({ layers: [await layer({ a: 'a' }), await layer({ b: 'b' })] });
  await Promise.all([originRegistry, mirrorRegistry].map((registry) => registry.push('app', '1', app)));
  const origin = await startLoggingProxy(scope, `http://${originRegistry.host}`, {
    intercept: (exchange) => {
      if (basicCredentials(exchange.request.headers)?.password === LOGIN.password) return false;
      reply(exchange, 401, { headers: { 'www-authenticate': 'Basic realm="origin"' } });
      return true;
    },
  });
  const mirror = await startLoggingProxy(scope, `http://${mirrorRegistry.host}`, intercept && { intercept });
  const notices: Notice[] = [];
  const client = connect({
    ...machineOptions({ folders: {}, mirrors: [`${origin.host}=http://${mirror.host}`] }),
    clock: instantClock(),
    credentials: async (host) => (host === origin.host ? LOGIN : undefined),
    onNotice: (notice) => notices.push(notice),
    idleTimeoutMs,
  });
  scope.after(() => client.close());
  const store = await openStore(scope, await temporaryFolder(scope));
  return { origin, originRegistry, mirror, mirrorRegistry, app, client, store, notices };
}

/** Pulls `app:1`, which must end well; whatever the mirror does, it never sees a login, and no byte is wrong. */
async function pullApp({ origin, mirror, app, client, store }: Stage): Promise<void> {
  const { digest } = await pull(`${origin.host}/app:1`, { client, store });
  assert.equal(digest, app.descriptor.digest);
  assert.deepEqual((await verifyLayout(store)).problems, []);
  for (const { headers } of mirror.requests) assert.equal(headers.authorization, undefined);
}

/** The paths that were asked for, but for `/v2/`. */
function asked({ requests }: HttpServer): readonly string[] {
  return requests.map(({ path }) => path).filter((path) => !/^\/v2\/(\?|$)/.test(path));
}

function passedOver({ notices }: Stage): readonly string[] {
  return notices.filter(({ type }) => type === 'mirror').map(({ message }) => message);
}

test('a mirror that has all gives all, is told for whom, and the registry is not asked', async (t) => {
  const stage = await setStage(t);
  await pullApp(stage);
  assert.deepEqual(stage.origin.requests, []);
  const query = `?ns=${encodeURIComponent(stage.origin.host)}`;
  for (const path of asked(stage.mirror)) assert.ok(path.endsWith(query), path);
  assert.deepEqual(passedOver(stage), []);
});

test('a push goes to the registry, never to a mirror', async (t) => {
  const stage = await setStage(t);
  await pullApp(stage);
  const before = stage.mirror.requests.length;
  await push(`${stage.origin.host}/app:1`, stage);
  assert.equal(stage.mirror.requests.length, before);
  assert.ok(stage.origin.requests.length > 0);
});

test('an image is inspected at a mirror, too', async (t) => {
  const stage = await setStage(t);
  const options = { client: stage.client, hostPlatform: { os: 'linux', architecture: 'amd64' } };
  assert.equal((await inspect(`${stage.origin.host}/app:1`, options)).digest, stage.app.descriptor.digest);
  assert.deepEqual(stage.origin.requests, []);
});

const MANIFESTS = /\/manifests\//;
const BLOBS = /\/blobs\//;

/** What a mirror does, and what of it is told. */
const FAULTS: readonly {
  readonly title: string;
  readonly at: RegExp;
  readonly fault: (exchange: Exchange) => void;
  readonly told: RegExp;
  readonly idleTimeoutMs?: number;
}[] = [
  ...[401, 403, 404, 429, 500, 503].map((status) => ({
    title: `answers ${status}`,
    at: MANIFESTS,
    fault: (exchange: Exchange) => reply(exchange, status),
    told: /passing over the mirror http:\/\/127\.0\.0\.1:\d+: /,
  })),
  {
    title: 'asks for a password that could be sent anywhere',
    at: MANIFESTS,
    fault: (exchange) =>
      reply(exchange, 401, { headers: { 'www-authenticate': 'Basic realm="give me your password"' } }),
    told: /passing over the mirror/,
  },
  {
    title: 'hangs up',
    at: MANIFESTS,
    fault: ({ response }) => void response.destroy(),
    told: /the connection was closed/,
  },
  {
    title: 'never answers',
    at: MANIFESTS,
    fault: () => {},
    told: /no answer from .* for 1 s/,
    idleTimeoutMs: 1000,
  },
  {
    title: 'says what is no manifest',
    at: MANIFESTS,
    fault: (exchange) =>
      reply(exchange, 200, { body: '<html>welcome</html>', headers: { 'content-type': 'text/html' } }),
    told: /passing over the mirror/,
  },
  {
    title: 'gives other bytes than the digest that it names',
    at: MANIFESTS,
    fault: ({ response, log }) => {
      const body = JSON.stringify({ schemaVersion: 2, config: {}, layers: [] });
      response.writeHead(200, {
        'content-type': 'application/vnd.oci.image.manifest.v1+json',
        'docker-content-digest': `sha256:${'0'.repeat(64)}`,
        'content-length': body.length,
      });
      response.end(log.method === 'HEAD' ? undefined : body);
    },
    told: /passing over the mirror/,
  },
  {
    title: 'redirects in a circle',
    at: MANIFESTS,
    fault: (exchange) => reply(exchange, 307, { headers: { location: exchange.log.path } }),
    told: /it redirected 10 times/,
  },
  {
    title: 'lacks the layers',
    at: BLOBS,
    fault: (exchange) => reply(exchange, 404),
    told: /blob sha256:[0-9a-f]{12} .* not found/,
  },
  {
    title: 'gives wrong bytes for the layers',
    at: BLOBS,
    fault: ({ response, log }) => void response.end(log.method === 'HEAD' ? undefined : 'x'.repeat(10)),
    told: /passing over the mirror/,
  },
];

for (const { title, at, fault, told, idleTimeoutMs } of FAULTS) {
  test(`a mirror is passed over, with one note, when it ${title}`, async (t) => {
    const misbehave = (exchange: Exchange): boolean => {
      if (!at.test(exchange.log.path)) return false;
      fault(exchange);
      return true;
    };
    const stage = await setStage(t, misbehave, { idleTimeoutMs });
    await pullApp(stage);
    assert.equal(passedOver(stage).length, 1, passedOver(stage).join('\n'));
    assert.match(passedOver(stage)[0] ?? '', told);
  });
}

test('a layer with the right size and wrong bytes is fetched again elsewhere', async (t) => {
  const stage = await setStage(t, (exchange) => {
    const size = [...stage.app.blobs.values()].find(({ digest }) => exchange.log.path.includes(digest))?.size;
    if (size === undefined || exchange.log.method !== 'GET') return false;
    reply(exchange, 200, { body: Buffer.alloc(size, 'x') });
    return true;
  });
  await pullApp(stage);
  assert.match(passedOver(stage)[0] ?? '', /hash to/);
});

test('a layer that a mirror breaks off is gone on with elsewhere', async (t) => {
  let cut = 0;
  const stage = await setStage(t, ({ log, response }) => {
    if (!BLOBS.test(log.path)) return false;
    cut++;
    response.writeHead(200, { 'content-length': 1_000_000 });
    response.write('some bytes');
    setTimeout(() => response.destroy(), 20);
    return true;
  });
  await pullApp(stage);
  assert.ok(cut > 0);
});

test('a mirror that sends us to another host takes no login there', async (t) => {
  const seen: (string | undefined)[] = [];
  const elsewhere = await startHttpServer(t, (exchange) => {
    seen.push(exchange.request.headers.authorization);
    reply(exchange, 404);
  });
  const stage = await setStage(t, (exchange) => {
    reply(exchange, 307, { headers: { location: `${elsewhere.origin}/stolen` } });
    return true;
  });
  await pullApp(stage);
  assert.ok(seen.length > 0 && seen.every((authorization) => authorization === undefined));
});

test('a tag that moves while it is pulled is one image all the same', async (t) => {
  const next = image({ layers: [await layer({ c: 'c' })] });
  let isResolved = false;
  const stage = await setStage(t, async ({ log }) => {
    if (isResolved) await stage.mirrorRegistry.push('app', '1', next);
    isResolved ||= MANIFESTS.test(log.path);
    return false;
  });
  await pullApp(stage);
  assert.deepEqual(stage.origin.requests, []);
  const moved = await stage.mirrorRegistry.ask('app/manifests/1');
  assert.equal(moved.headers['docker-content-digest'], next.descriptor.digest);
});

test('a mirror that is down is asked once, and the registry has the last word', async (t) => {
  const stage = await setStage(t);
  await stage.mirror.close();
  await pullApp(stage);
  assert.equal(passedOver(stage).length, 1);
  await assert.rejects(
    pull(`${stage.origin.host}/nothing:1`, stage),
    failsWith('NOT_FOUND', /cannot pull .*\/nothing:1: /),
  );
});

test('what is set for the mirror is for it alone', async (t) => {
  const stage = await setStage(t);
  const route = machineOptions({
    folders: {},
    mirrors: [`${stage.origin.host}=http://${stage.mirror.host}`],
  });
  const client = connect({
    ...route,
    routeFor: async (name) => {
      const found = await route.routeFor(name);
      return (
        found && {
          ...found,
          mirrors: found.mirrors.map((place) => ({ ...place, settings: { headers: { 'x-team': 'red' } } })),
        }
      );
    },
    credentials: async () => LOGIN,
  });
  t.after(() => client.close());
  await pull(`${stage.origin.host}/app:1`, { ...stage, client });
  await push(`${stage.origin.host}/app:1`, { ...stage, client });
  assert.ok(stage.mirror.requests.every(({ headers }) => headers['x-team'] === 'red'));
  assert.ok(stage.origin.requests.every(({ headers }) => headers['x-team'] === undefined));
});
