import assert from 'node:assert/strict';
import type { TLSSocket } from 'node:tls';
import { test, type TestContext } from 'node:test';

import { RegError } from '../../../src/errors.js';
import type { ClientOptions } from '../../../src/registry/client-options.js';
import type { HostSettings } from '../../../src/spec/route.js';
import { createAuthority, type Authority } from '../../support/certificates.js';
import { startHosts, toRequest, type TestHosts } from '../../support/hosts.js';
import { reply, startHttpServer, type Exchange } from '../../support/http-server.js';
import { failsWith } from '../../support/scripted-setup.js';

const HOST = 'registry.test';

/** A registry whose certificate an authority of its own has signed. */
async function startRegistry(
  context: TestContext,
  handle: (exchange: Exchange) => void = (exchange) => reply(exchange, 200),
): Promise<{
  readonly authority: Authority;
  readonly hosts: (options: Partial<ClientOptions>) => TestHosts;
  /** For whom the certificates were that the registry was shown. */
  readonly shown: readonly unknown[];
}> {
  const authority = await createAuthority();
  const shown: unknown[] = [];
  const server = await startHttpServer(
    context,
    (exchange) => {
      shown.push(nameShown(exchange));
      handle(exchange);
    },
    { tls: await authority.issue([HOST]), clientAuthority: authority.certificate },
  );
  const pin = { host: HOST, port: 443, address: '127.0.0.1', toPort: server.port };
  const hosts = ({ resolve = [], ...options }: Partial<ClientOptions>): TestHosts =>
    startHosts(context, { resolve: [pin, ...resolve], ...options });
  return { authority, hosts, shown };
}

function nameShown({ request }: Exchange): unknown {
  return (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
}

async function get(hosts: TestHosts, host = HOST, path = '/v2/x'): Promise<void> {
  await (await hosts.get(host).send(toRequest(path))).discard();
}

test('authorities set for a registry vouch for it, and for no other', async (context) => {
  const { authority, hosts } = await startRegistry(context);
  const settingsFor = async (host: string): Promise<HostSettings> =>
    host === HOST ? { authorities: [authority.certificate] } : {};
  await get(hosts({ settingsFor }));
  await assert.rejects(
    get(hosts({ settingsFor: async () => ({}) })),
    failsWith('TLS_ERROR', /is not signed by an authority/),
  );
  const other = hosts({ settingsFor: async (host) => settingsFor(host === HOST ? 'other' : HOST) });
  await assert.rejects(get(other), failsWith('TLS_ERROR', /is not signed by an authority/));
});

test('whoever may vouch for a registry may do so for the hosts that it leads to', async (context) => {
  let location = '';
  const { authority, hosts } = await startRegistry(context, (exchange) =>
    reply(exchange, 307, { headers: { location } }),
  );
  const storage = await startHttpServer(context, (exchange) => reply(exchange, 200), {
    tls: await authority.issue(['storage.test']),
  });
  location = 'https://storage.test/blob';
  const resolve = [{ host: 'storage.test', port: 443, address: '127.0.0.1', toPort: storage.port }];
  await get(hosts({ resolve, settingsFor: async () => ({ authorities: [authority.certificate] }) }));
  assert.equal(storage.requests.length, 1);
});

test("the system's authorities are asked last, and only when nobody else knows", async (context) => {
  const { authority, hosts } = await startRegistry(context);
  let calls = 0;
  const systemAuthorities = async (): Promise<readonly string[]> => {
    calls++;
    return [authority.certificate];
  };
  await get(hosts({ systemAuthorities, ca: [authority.certificate] }));
  assert.equal(calls, 0);
  const settled = hosts({ systemAuthorities, ca: [(await createAuthority()).certificate] });
  await get(settled);
  await get(settled);
  assert.equal(calls, 1);
  await assert.rejects(
    get(hosts({ systemAuthorities: async () => [] })),
    failsWith('TLS_ERROR', /is not signed by an authority/),
  );
});

test('a wrong name or an expired certificate is refused whoever has signed it', async (context) => {
  const authority = await createAuthority();
  let calls = 0;
  for (const [tls, message] of [
    [await authority.issue(['elsewhere.test']), /another name/],
    [await authority.issue([HOST], { expired: true }), /expired/],
  ] as const) {
    const server = await startHttpServer(context, (exchange) => reply(exchange, 200), { tls });
    const hosts = startHosts(context, {
      resolve: [{ host: HOST, port: 443, address: '127.0.0.1', toPort: server.port }],
      settingsFor: async () => ({ authorities: [authority.certificate] }),
      systemAuthorities: async () => [String(++calls)],
    });
    await assert.rejects(get(hosts), failsWith('TLS_ERROR', message));
  }
  assert.equal(calls, 0);
});

test('our certificate is shown to the registry that it is for, and to no other host', async (context) => {
  let location = '';
  const { authority, hosts, shown } = await startRegistry(context, (exchange) =>
    exchange.url.pathname === '/v2/away'
      ? reply(exchange, 307, { headers: { location } })
      : reply(exchange, 200),
  );
  const others: unknown[] = [];
  const elsewhere = await startHttpServer(
    context,
    (exchange) => {
      others.push(nameShown(exchange));
      reply(exchange, 200);
    },
    { tls: await authority.issue(['other.test']), clientAuthority: authority.certificate },
  );
  location = 'https://other.test/blob';
  const resolve = [{ host: 'other.test', port: 443, address: '127.0.0.1', toPort: elsewhere.port }];
  const identity = await authority.issue(['me']);
  const authorities = [authority.certificate];
  const settingsFor = async (host: string): Promise<HostSettings> =>
    host === HOST ? { authorities, identity } : { authorities };
  const asked = hosts({ resolve, settingsFor });
  await get(asked);
  await get(asked, HOST, '/v2/away');
  await get(asked, 'other.test');
  assert.deepEqual(shown, ['me', 'me']);
  assert.deepEqual(others, [undefined, undefined]);
});

test('what is given for all registries goes before what is set for one', async (context) => {
  const { authority, hosts, shown } = await startRegistry(context);
  const [given, set] = await Promise.all([authority.issue(['given']), authority.issue(['set'])]);
  const settingsFor = async (): Promise<HostSettings> => ({ identity: set });
  await get(hosts({ settingsFor, identity: given, ca: [authority.certificate] }));
  assert.deepEqual(shown, ['given']);
});

test('a certificate that was left unchecked for one registry is checked for the next', async (context) => {
  const { hosts } = await startRegistry(context);
  await get(hosts({ settingsFor: async (host) => ({ insecure: host === HOST }) }));
  await assert.rejects(
    get(hosts({ settingsFor: async (host) => ({ insecure: host !== HOST }) })),
    failsWith('TLS_ERROR'),
  );
});

test('settings that cannot be read end the request', async (context) => {
  const settingsFor = async (): Promise<HostSettings> => {
    throw new RegError('INVALID_CONFIG', 'the file is broken');
  };
  await assert.rejects(get(startHosts(context, { settingsFor })), failsWith('INVALID_CONFIG', /is broken/));
});
