import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { hasCode } from '../../../../src/errors.js';
import { FIRMWARE, startClouds } from '../../../support/clouds.js';
import { temporaryFolder, type Scope } from '../../../support/temp.js';

const HOST = 'europe-docker.pkg.dev';
const TOKENS = 'POST https://oauth2.googleapis.com/token';
const METADATA = 'GET http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token';
const LOGIN = { username: 'oauth2accesstoken', password: 'ya29.access' };
const granted = (): object => ({ access_token: 'ya29.access', expires_in: 3599, token_type: 'Bearer' });

const KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEY_FILE = {
  type: 'service_account',
  project_id: 'demo',
  private_key_id: '0123456789abcdef',
  private_key: KEYS.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  client_email: 'ci@demo.iam.gserviceaccount.com',
  // Another one than Google's is of no effect.
  token_uri: 'https://evil.test/token',
};

async function fileWith(
  scope: Scope,
  content: object | string,
): Promise<{ GOOGLE_APPLICATION_CREDENTIALS: string }> {
  const file = join(await temporaryFolder(scope), 'key.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return { GOOGLE_APPLICATION_CREDENTIALS: file };
}

test('the key of a service account signs for a token, at Google and nowhere else', async (t) => {
  const clouds = await startClouds(t, { [TOKENS]: granted }, { hosts: ['https://evil.test'] });
  const found = await clouds.find(HOST, await fileWith(t, KEY_FILE));
  assert.deepEqual(found, { credential: LOGIN, source: 'Google (GOOGLE_APPLICATION_CREDENTIALS)' });
  assert.deepEqual(
    clouds.asked.map(({ what }) => what),
    [TOKENS],
  );
  const form = new URLSearchParams(clouds.asked[0]?.body);
  assert.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer');
  const [header = '', payload = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const signed = Buffer.from(`${header}.${payload}`);
  assert.ok(verify('sha256', signed, KEYS.publicKey, Buffer.from(signature, 'base64url')));
  const parse = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
  assert.deepEqual(parse(header), { alg: 'RS256', typ: 'JWT', kid: KEY_FILE.private_key_id });
  const { iat, exp, ...claims } = Object(parse(payload));
  assert.deepEqual(claims, {
    iss: KEY_FILE.client_email,
    aud: 'https://oauth2.googleapis.com/token',
    scope: 'https://www.googleapis.com/auth/cloud-platform',
  });
  assert.equal(exp - iat, 3600);
  assert.ok(Math.abs(iat - Date.now() / 1000) < 60);
  for (const secret of ['ya29.access', KEY_FILE.private_key]) assert.ok(clouds.secrets.includes(secret));
});

test('the file that gcloud writes for a person does as well', async (t) => {
  const clouds = await startClouds(t, { [TOKENS]: granted });
  const env = await fileWith(t, {
    type: 'authorized_user',
    client_id: 'client',
    client_secret: 'client-secret',
    refresh_token: '1//refresh',
  });
  assert.deepEqual((await clouds.find(HOST, env))?.credential, LOGIN);
  assert.deepEqual(Object.fromEntries(new URLSearchParams(clouds.asked[0]?.body)), {
    grant_type: 'refresh_token',
    client_id: 'client',
    client_secret: 'client-secret',
    refresh_token: '1//refresh',
  });
  assert.deepEqual(clouds.secrets, ['client-secret', '1//refresh', 'ya29.access']);
});

const FEDERATED = {
  type: 'external_account',
  audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/gitlab',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  // Others than Google's are of no effect.
  token_url: 'https://evil.test/token',
  service_account_impersonation_url:
    'https://evil.test/v1/projects/-/serviceAccounts/ci@demo.iam.gserviceaccount.com:generateAccessToken',
};
const STS = 'POST https://sts.googleapis.com/v1/token';
const IMPERSONATE =
  'POST https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/ci@demo.iam.gserviceaccount.com:generateAccessToken';

test('the token of somebody else, out of a file, becomes that of a service account', async (t) => {
  const routes = {
    [STS]: () => ({ access_token: 'ya29.federated', expires_in: 3599 }),
    [IMPERSONATE]: () => ({ accessToken: 'ya29.access', expireTime: '2030-01-01T00:00:00Z' }),
  };
  const clouds = await startClouds(t, routes, { hosts: ['https://evil.test'] });
  const file = join(await temporaryFolder(t), 'token');
  await writeFile(file, 'jwt-of-ci\n');
  const env = await fileWith(t, { ...FEDERATED, credential_source: { file } });
  assert.deepEqual((await clouds.find(HOST, env))?.credential, LOGIN);
  const [exchanged, impersonated] = clouds.asked;
  assert.deepEqual(Object.fromEntries(new URLSearchParams(exchanged?.body)), {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: FEDERATED.audience,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    subject_token_type: FEDERATED.subject_token_type,
    subject_token: 'jwt-of-ci',
  });
  assert.equal(impersonated?.headers['authorization'], 'Bearer ya29.federated');
  assert.deepEqual(clouds.secrets, ['jwt-of-ci', 'ya29.federated', 'ya29.access']);
});

test('of GitHub Actions the token is asked for as the file says, and of nobody else', async (t) => {
  const { service_account_impersonation_url: _, ...direct } = FEDERATED;
  const url = 'https://pipelines.actions.githubusercontent.com/a/idtoken?audience=x';
  const source = {
    url,
    headers: { Authorization: 'Bearer runner-token' },
    format: { type: 'json', subject_token_field_name: 'value' },
  };
  const clouds = await startClouds(
    t,
    { [`GET ${url.replace(/\?.*/, '')}`]: () => ({ value: 'jwt-of-job' }), [STS]: granted },
    { hosts: ['https://evil.test'] },
  );
  const env = await fileWith(t, { ...direct, credential_source: source });
  assert.deepEqual((await clouds.find(HOST, env))?.credential, LOGIN);
  assert.equal(clouds.asked[0]?.headers['authorization'], 'Bearer runner-token');
  assert.equal(new URLSearchParams(clouds.asked[1]?.body).get('subject_token'), 'jwt-of-job');
  const { length } = clouds.asked;
  for (const wrong of [
    { ...source, url: 'https://evil.test/actions.githubusercontent.com' },
    { ...source, url: 'http://pipelines.actions.githubusercontent.com/' },
    { executable: { command: '/bin/evil' } },
    { environment_id: 'aws1' },
  ]) {
    const bad = await fileWith(t, { ...direct, credential_source: wrong });
    await assert.rejects(clouds.find(HOST, bad), { code: 'CREDENTIALS_UNAVAILABLE' });
  }
  assert.equal(clouds.asked.length, length);
});

test('on a machine of Google its account is asked for, at the one address for that', async (t) => {
  const clouds = await startClouds(t, { [METADATA]: granted }, { firmware: FIRMWARE.google });
  const found = await clouds.find('gcr.io');
  assert.deepEqual(found, { credential: LOGIN, source: 'Google (account of this machine)' });
  assert.equal(clouds.asked[0]?.headers['metadata-flavor'], 'Google');
});

test('in Cloud Run, too, which shows no firmware', async (t) => {
  const clouds = await startClouds(t, { [METADATA]: granted });
  assert.deepEqual((await clouds.find('eu.gcr.io', { K_SERVICE: 'app' }))?.credential, LOGIN);
});

test('elsewhere nobody is asked', async (t) => {
  for (const firmware of [{}, FIRMWARE.aws, FIRMWARE.azure, { product_name: 'Not Google' }]) {
    const clouds = await startClouds(t, { [METADATA]: granted }, { firmware });
    assert.equal(await clouds.find(HOST, { GCE_METADATA_HOST: 'evil.test' }), undefined);
    assert.equal(clouds.asked.length, 0);
  }
});

test('a machine without an account is an error that says what to do', async (t) => {
  const clouds = await startClouds(t, {}, { firmware: FIRMWARE.google, hosts: ['http://169.254.169.254'] });
  await assert.rejects(clouds.find(HOST), (error) => {
    assert.ok(hasCode(error, 'CREDENTIALS_UNAVAILABLE'));
    assert.match(error.message, /the metadata service of this machine answered 404/);
    assert.match(error.context.hint ?? '', /service account.*GOOGLE_APPLICATION_CREDENTIALS/);
    return true;
  });
});

for (const host of [
  'gcr.io.evil.test',
  'evilgcr.io',
  'a.b.gcr.io',
  'evil-docker.pkg.dev.test',
  'docker.pkg.dev',
  'x.europe-docker.pkg.dev',
  'europe-docker.pkg.dev:5000',
  'us-npm.pkg.dev',
]) {
  test(`${host} is no registry of Google, and nobody is asked`, async (t) => {
    const clouds = await startClouds(t, { [TOKENS]: granted }, { firmware: FIRMWARE.google });
    assert.equal(await clouds.find(host, await fileWith(t, KEY_FILE)), undefined);
    assert.equal(clouds.asked.length, 0);
  });
}

for (const [what, content, says] of [
  ['cut off', '{"type":"service_account","private_key":"c2VjcmV0', /key\.json" is not JSON: it is cut off/],
  ['of another type', { type: 'gdch_service_account' }, /"gdch_service_account", which is not supported/],
  ['without a type', {}, /has no "type"/],
  ['without a key', { ...KEY_FILE, private_key: undefined }, /has no "private_key"/],
  ['with a key that is none', { ...KEY_FILE, private_key: 'c2VjcmV0' }, /not a private key that can sign/],
  [
    'with a key that is junk',
    { ...KEY_FILE, private_key: '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----' },
    /not a private key that can sign/,
  ],
] as const) {
  test(`a key file that is ${what}: an error that names file and variable and quotes nothing`, async (t) => {
    const clouds = await startClouds(t, { [TOKENS]: granted });
    await assert.rejects(clouds.find(HOST, await fileWith(t, content)), (error) => {
      assert.ok(hasCode(error, 'CREDENTIALS_UNAVAILABLE'), String(error));
      assert.match(error.message, says);
      assert.match(error.context.hint ?? '', /GOOGLE_APPLICATION_CREDENTIALS/);
      assert.doesNotMatch(`${error.stack}`, /c2VjcmV0/);
      return true;
    });
    assert.equal(clouds.asked.length, 0);
  });
}

test('what Google refuses is told in its words', async (t) => {
  const refusal = { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' };
  const clouds = await startClouds(t, { [TOKENS]: () => [400, refusal] });
  await assert.rejects(clouds.find(HOST, await fileWith(t, KEY_FILE)), {
    code: 'CREDENTIALS_UNAVAILABLE',
    message: /oauth2\.googleapis\.com answered 400: invalid_grant: Invalid JWT Signature\./,
  });
});

test('a token is kept as long as it is good, and then there is another one', async (t) => {
  const clouds = await startClouds(t, { [METADATA]: granted }, { firmware: FIRMWARE.google });
  const lives = await clouds.lives(HOST, { env: {}, afterMs: [1_000_000, 2_540_000] });
  assert.deepEqual(lives, [3_599_000, 2_599_000, 3_599_000]);
  assert.equal(clouds.asked.length, 2);
});
