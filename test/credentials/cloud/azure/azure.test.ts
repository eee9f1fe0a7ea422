import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { hasCode } from '../../../../src/errors.js';
import { FIRMWARE, startClouds, type CloudRoutes } from '../../../support/clouds.js';
import { temporaryFolder } from '../../../support/temp.js';

const HOST = 'demo.azurecr.io';
const EXCHANGE = 'POST https://demo.azurecr.io/oauth2/exchange';
const ENTRA = 'POST https://login.microsoftonline.com/tenant/oauth2/v2.0/token';
const MACHINE = 'GET http://169.254.169.254/metadata/identity/oauth2/token';
const APP = { IDENTITY_ENDPOINT: 'http://127.0.0.1:41741/msi/token', IDENTITY_HEADER: 'identity-header' };
const CLIENT = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client' };
const LOGIN = {
  identityToken: 'acr-refresh',
  username: '00000000-0000-0000-0000-000000000000',
  password: 'acr-refresh',
};

const ROUTES: CloudRoutes = {
  [EXCHANGE]: () => ({ refresh_token: 'acr-refresh' }),
  [ENTRA]: () => ({ token_type: 'Bearer', expires_in: 3599, access_token: 'entra-token' }),
  [MACHINE]: () => ({ access_token: 'entra-token', resource: 'https://containerregistry.azure.net' }),
  'GET http://127.0.0.1:41741/msi/token': () => ({ access_token: 'entra-token' }),
};

function formOf(body: string | undefined): object {
  return Object.fromEntries(new URLSearchParams(body));
}

test('a client secret becomes a token of Entra, and that a refresh token of the registry', async (t) => {
  const clouds = await startClouds(t, ROUTES);
  const found = await clouds.find(HOST, { ...CLIENT, AZURE_CLIENT_SECRET: 'client-secret' });
  assert.deepEqual(found, { credential: LOGIN, source: 'Azure (AZURE_CLIENT_SECRET)' });
  assert.deepEqual(
    clouds.asked.map(({ what, body }) => [what, formOf(body)]),
    [
      [
        ENTRA,
        {
          grant_type: 'client_credentials',
          client_id: 'client',
          scope: 'https://containerregistry.azure.net/.default',
          client_secret: 'client-secret',
        },
      ],
      [EXCHANGE, { grant_type: 'access_token', service: HOST, access_token: 'entra-token' }],
    ],
  );
  assert.deepEqual(clouds.secrets, ['client-secret', 'entra-token', 'acr-refresh']);
});

test('the token of a pod does instead of a secret', async (t) => {
  const clouds = await startClouds(t, ROUTES);
  const file = join(await temporaryFolder(t), 'token');
  await writeFile(file, 'jwt-of-pod');
  const found = await clouds.find(HOST, { ...CLIENT, AZURE_FEDERATED_TOKEN_FILE: file });
  assert.deepEqual(found, { credential: LOGIN, source: 'Azure (AZURE_FEDERATED_TOKEN_FILE)' });
  assert.deepEqual(formOf(clouds.asked[0]?.body), {
    grant_type: 'client_credentials',
    client_id: 'client',
    scope: 'https://containerregistry.azure.net/.default',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: 'jwt-of-pod',
  });
});

test('on a machine of Azure its identity is asked for, at the one address for that', async (t) => {
  const clouds = await startClouds(t, ROUTES, { firmware: FIRMWARE.azure });
  const found = await clouds.find(HOST, { AZURE_CLIENT_ID: 'client' });
  assert.deepEqual(found, { credential: LOGIN, source: 'Azure (managed identity)' });
  assert.equal(clouds.asked[0]?.what, MACHINE);
  assert.equal(clouds.asked[0]?.headers['metadata'], 'true');
  assert.deepEqual(Object.fromEntries(clouds.asked[0]?.query ?? []), {
    'api-version': '2018-02-01',
    resource: 'https://containerregistry.azure.net',
    client_id: 'client',
  });
});

test('in an app of Azure its own service is asked', async (t) => {
  const clouds = await startClouds(t, ROUTES);
  assert.deepEqual((await clouds.find(HOST, APP))?.credential, LOGIN);
  assert.equal(clouds.asked[0]?.headers['x-identity-header'], 'identity-header');
  assert.equal(clouds.asked[0]?.query.get('api-version'), '2019-08-01');
  assert.ok(clouds.secrets.includes('identity-header'));
});

for (const endpoint of [
  'http://evil.test/msi/token',
  'https://127.0.0.1/msi/token',
  'http://127.0.0.1@evil.test/',
  'http://127.0.0.1.evil.test/',
  'http://10.0.0.1/',
  'msi',
]) {
  test(`an identity service at ${endpoint} is refused, and nobody is asked`, async (t) => {
    const clouds = await startClouds(t, ROUTES, { hosts: ['http://evil.test', 'http://10.0.0.1'] });
    await assert.rejects(clouds.find(HOST, { ...APP, IDENTITY_ENDPOINT: endpoint }), {
      code: 'CREDENTIALS_UNAVAILABLE',
      message: /IDENTITY_ENDPOINT and IDENTITY_HEADER do not name an Azure service/,
    });
    assert.equal(clouds.asked.length, 0);
  });
}

for (const [host, authority] of [
  ['demo.azurecr.cn', 'login.chinacloudapi.cn'],
  ['demo.azurecr.us', 'login.microsoftonline.us'],
  ['demo-a1b2c3.azurecr.io', 'login.microsoftonline.com'],
] as const) {
  test(`the token for ${host} is of ${authority}, whatever a variable says`, async (t) => {
    const entra = `POST https://${authority}/tenant/oauth2/v2.0/token`;
    const exchange = `POST https://${host}/oauth2/exchange`;
    const routes = { [entra]: () => ({ access_token: 'a' }), [exchange]: () => ({ refresh_token: 'r' }) };
    const clouds = await startClouds(t, routes);
    const env = {
      ...CLIENT,
      AZURE_CLIENT_SECRET: 'client-secret',
      AZURE_AUTHORITY_HOST: 'https://evil.test',
    };
    assert.equal((await clouds.find(host, env))?.source, 'Azure (AZURE_CLIENT_SECRET)');
    assert.deepEqual(
      clouds.asked.map(({ what }) => what),
      [entra, exchange],
    );
  });
}

for (const host of [
  'azurecr.io',
  'demo.azurecr.io.evil.test',
  'demo.evil.azurecr.io',
  'demoazurecr.io',
  'demo.azurecr.com',
  'demo.azurecr.io:5000',
  '-.azurecr.io',
]) {
  test(`${host} is no registry of Azure, and nobody is asked`, async (t) => {
    const clouds = await startClouds(t, ROUTES, { firmware: FIRMWARE.azure });
    assert.equal(await clouds.find(host, { ...CLIENT, AZURE_CLIENT_SECRET: 'client-secret' }), undefined);
    assert.equal(clouds.asked.length, 0);
  });
}

test('without anything of Azure there is no login, and nobody is asked', async (t) => {
  const clouds = await startClouds(t, ROUTES, { firmware: FIRMWARE.aws });
  for (const env of [{}, CLIENT, { AZURE_CLIENT_SECRET: 'x' }, { IDENTITY_HEADER: 'x' }])
    assert.equal(await clouds.find(HOST, env), undefined);
  assert.equal(clouds.asked.length, 0);
});

test('what Entra refuses, and what the registry refuses, is told with what to do', async (t) => {
  const env = { ...CLIENT, AZURE_CLIENT_SECRET: 'client-secret' };
  const refusal = {
    error: 'invalid_client',
    error_description: 'AADSTS7000215: Invalid client secret\r\nTrace: x',
  };
  const entra = await startClouds(t, { ...ROUTES, [ENTRA]: () => [401, refusal] });
  await assert.rejects(entra.find(HOST, env), (error) => {
    assert.ok(hasCode(error, 'CREDENTIALS_UNAVAILABLE'));
    assert.match(error.message, /login\.microsoftonline\.com answered 401: invalid_client: AADSTS7000215/);
    assert.match(error.context.hint ?? '', /AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET/);
    return true;
  });
  const body = { errors: [{ code: 'UNAUTHORIZED', message: 'AAD access token with no roles' }] };
  const registry = await startClouds(t, { ...ROUTES, [EXCHANGE]: () => [401, body] });
  await assert.rejects(registry.find(HOST, env), (error) => {
    assert.ok(hasCode(error, 'CREDENTIALS_UNAVAILABLE'));
    assert.match(error.message, /cannot get a token for demo\.azurecr\.io: demo\.azurecr\.io answered 401/);
    assert.match(error.context.hint ?? '', /AcrPull/);
    return true;
  });
});

test('a refresh token is used for two of the three hours that it is good', async (t) => {
  const clouds = await startClouds(t, ROUTES);
  const env = { ...CLIENT, AZURE_CLIENT_SECRET: 'client-secret' };
  assert.deepEqual(await clouds.lives(HOST, { env, afterMs: [7_200_000] }), [7_200_000, 7_200_000]);
});
