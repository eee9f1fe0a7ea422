import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { hasCode } from '../../../../src/errors.js';
import { parseEcrHost } from '../../../../src/credentials/cloud/aws/registry.js';
import { FIRMWARE, startClouds, type CloudRoutes } from '../../../support/clouds.js';
import { temporaryFolder } from '../../../support/temp.js';

const HOST = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const API = 'POST https://api.ecr.eu-west-1.amazonaws.com/';
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 'secret-of-env' };
const GIVEN = { AccessKeyId: 'AKIDGIVEN', SecretAccessKey: 'secret-given', Token: 'session-given' };
const PASSWORD = 'eyJwYXlsb2FkIjoi';

function tokenReply(login = `AWS:${PASSWORD}`): object {
  const authorizationToken = Buffer.from(login).toString('base64');
  const proxyEndpoint = `https://${HOST}`;
  return { authorizationData: [{ authorizationToken, expiresAt: 1.7e9, proxyEndpoint }] };
}

const ECR: CloudRoutes = { [API]: () => tokenReply() };
const LOGIN = { username: 'AWS', password: PASSWORD };

test('keys of the environment sign the request for a token', async (t) => {
  const clouds = await startClouds(t, ECR);
  const found = await clouds.find(HOST, { ...KEYS, AWS_SESSION_TOKEN: 'session-of-env' });
  assert.deepEqual(found, { credential: LOGIN, source: 'AWS (AWS_ACCESS_KEY_ID)' });
  const [asked] = clouds.asked;
  assert.equal(clouds.asked.length, 1);
  assert.equal(asked?.body, '{}');
  assert.equal(asked?.headers['x-amz-target'], 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken');
  assert.equal(asked?.headers['x-amz-security-token'], 'session-of-env');
  assert.match(
    String(asked?.headers['authorization']),
    /^AWS4-HMAC-SHA256 Credential=AKIDENV\/\d{8}\/eu-west-1\/ecr\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=[0-9a-f]{64}$/,
  );
  for (const secret of ['secret-of-env', 'session-of-env', PASSWORD])
    assert.ok(clouds.secrets.includes(secret));
});

test('public registries have one place for tokens, and another form of answer', async (t) => {
  const api = 'POST https://api.ecr-public.us-east-1.amazonaws.com/';
  const authorizationToken = Buffer.from(`AWS:${PASSWORD}`).toString('base64');
  const clouds = await startClouds(t, { [api]: () => ({ authorizationData: { authorizationToken } }) });
  assert.deepEqual((await clouds.find('public.ecr.aws', KEYS))?.credential, LOGIN);
  assert.equal(clouds.asked[0]?.headers['x-amz-target'], 'SpencerFrontendService.GetAuthorizationToken');
  assert.match(String(clouds.asked[0]?.headers['authorization']), /us-east-1\/ecr-public\/aws4_request/);
});

for (const [host, api, region] of [
  [HOST, 'https://api.ecr.eu-west-1.amazonaws.com/', 'eu-west-1'],
  [
    '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com',
    'https://ecr-fips.us-gov-west-1.amazonaws.com/',
    'us-gov-west-1',
  ],
  [
    '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
    'https://api.ecr.cn-north-1.amazonaws.com.cn/',
    'cn-north-1',
  ],
  ['123456789012.dkr-ecr.ap-southeast-2.on.aws', 'https://ecr.ap-southeast-2.api.aws/', 'ap-southeast-2'],
  ['123456789012.dkr-ecr-fips.us-east-2.on.aws', 'https://ecr-fips.us-east-2.api.aws/', 'us-east-2'],
] as const) {
  test(`tokens for ${host} come from ${api}`, () => {
    const registry = parseEcrHost(host);
    assert.equal(registry?.api.href, api);
    assert.equal(registry?.region, region);
  });
}

for (const host of [
  `${HOST}.evil.test`,
  `evil.test.${HOST}`,
  `x${HOST}`,
  `${HOST}:5000`,
  '12345678901.dkr.ecr.eu-west-1.amazonaws.com',
  '123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil',
  '123456789012.dkr.ecr.eu-west-1.amazonaws.community',
  '123456789012.dkr.ecr.evil.test#.amazonaws.com',
  '123456789012.dkr.ecr.eu-west-1.evil.com',
  '123456789012.dkr.ecrXeu-west-1.amazonaws.com',
  'amazonaws.com',
  'public.ecr.aws.evil.test',
]) {
  test(`${host} is no registry of AWS, and nobody is asked`, async (t) => {
    const clouds = await startClouds(t, ECR, { firmware: FIRMWARE.aws });
    assert.equal(await clouds.find(host, KEYS), undefined);
    assert.equal(clouds.asked.length, 0);
  });
}

test('without anything of AWS there is no login, and nobody is asked', async (t) => {
  const clouds = await startClouds(t, ECR, { hosts: ['http://169.254.169.254'] });
  assert.equal(await clouds.find(HOST), undefined);
  assert.equal(await clouds.find(HOST, { AWS_ACCESS_KEY_ID: 'AKID' }), undefined, 'half a key is none');
  assert.equal(await clouds.find(HOST, { AWS_ROLE_ARN: 'arn' }), undefined);
  assert.equal(clouds.asked.length, 0);
});

test('a host is known in any case, and with the port that is meant anyhow', async (t) => {
  const clouds = await startClouds(t, ECR);
  assert.deepEqual((await clouds.find(`${HOST.toUpperCase()}:443`, KEYS))?.credential, LOGIN);
});

test('a role is taken on with the token in a file, which may be a link', async (t) => {
  const xml = `<R><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role/secret+</SecretAccessKey>
    <SessionToken>role-session==</SessionToken></Credentials></R>`;
  const clouds = await startClouds(t, { ...ECR, 'POST https://sts.eu-west-1.amazonaws.com/': () => xml });
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'data'), 'jwt-of-pod\n');
  await symlink(join(folder, 'data'), join(folder, 'token'));
  const env = { AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'token'), AWS_ROLE_ARN: 'arn:aws:iam::1:role/ci' };
  assert.deepEqual(await clouds.find(HOST, env), { credential: LOGIN, source: 'AWS (AWS_ROLE_ARN)' });
  const [sts, ecr] = clouds.asked;
  assert.deepEqual(Object.fromEntries(new URLSearchParams(sts?.body)), {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: 'arn:aws:iam::1:role/ci',
    RoleSessionName: 'reg',
    WebIdentityToken: 'jwt-of-pod',
  });
  assert.equal(ecr?.headers['x-amz-security-token'], 'role-session==');
  for (const secret of ['jwt-of-pod', 'role/secret+', 'role-session=='])
    assert.ok(clouds.secrets.includes(secret));
});

test('a role that STS refuses is told in its words, and the token file is not', async (t) => {
  const refusal =
    '<E><Error><Code>InvalidIdentityToken</Code><Message>No provider\u001b[2J found</Message></Error></E>';
  const clouds = await startClouds(t, { 'POST https://sts.eu-west-1.amazonaws.com/': () => [400, refusal] });
  const file = join(await temporaryFolder(t), 'token');
  await writeFile(file, 'jwt-of-pod');
  const env = { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: 'arn' };
  await assert.rejects(clouds.find(HOST, env), {
    code: 'CREDENTIALS_UNAVAILABLE',
    message: `no login for ${HOST}: cannot get keys for AWS: sts.eu-west-1.amazonaws.com answered 400: InvalidIdentityToken: No provider[2J found`,
  });
});

for (const [what, text] of [
  ['missing', undefined],
  ['empty', ''],
  ['of two lines', 'a\nb'],
] as const) {
  test(`a token file that is ${what}: an error that names the variable`, async (t) => {
    const clouds = await startClouds(t, ECR, { hosts: ['https://sts.eu-west-1.amazonaws.com'] });
    const file = join(await temporaryFolder(t), 'token');
    if (text !== undefined) await writeFile(file, text);
    const env = { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: 'arn' };
    await assert.rejects(clouds.find(HOST, env), (error) => {
      assert.ok(hasCode(error, 'CREDENTIALS_UNAVAILABLE'));
      assert.match(error.context.hint ?? '', /AWS_WEB_IDENTITY_TOKEN_FILE/);
      return true;
    });
    assert.equal(clouds.asked.length, 0);
  });
}

test('in a container of ECS its role is asked for at the one address for that', async (t) => {
  const clouds = await startClouds(t, { ...ECR, 'GET http://169.254.170.2/v2/credentials/1': () => GIVEN });
  const env = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/1' };
  const found = await clouds.find(HOST, env);
  assert.deepEqual(found, { credential: LOGIN, source: 'AWS (role of this container)' });
  assert.equal(clouds.asked[0]?.headers['authorization'], undefined);
  assert.equal(clouds.asked[1]?.headers['x-amz-security-token'], 'session-given');
});

test('in a pod of EKS the agent is shown the token in a file', async (t) => {
  const clouds = await startClouds(t, { ...ECR, 'GET http://169.254.170.23/v1/credentials': () => GIVEN });
  const file = join(await temporaryFolder(t), 'token');
  await writeFile(file, 'jwt-of-pod');
  const env = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
  };
  assert.deepEqual((await clouds.find(HOST, env))?.credential, LOGIN);
  assert.equal(clouds.asked[0]?.headers['authorization'], 'jwt-of-pod');
  assert.ok(clouds.secrets.includes('jwt-of-pod'));
});

for (const [variable, uri] of [
  ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', '//evil.test/x'],
  ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', '\\\\evil.test/x'],
  ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'http://evil.test/x'],
  ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'http://169.254.170.2:81/x'],
  ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'http://evil.test/x'],
  ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'https://evil.test/x'],
  ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'http://169.254.170.2@evil.test/x'],
  ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'http://169.254.169.254/latest'],
  ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'http://127.0.0.1.evil.test/x'],
  ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'file:///etc/passwd'],
  ['AWS_CONTAINER_CREDENTIALS_FULL_URI', '/x'],
] as const) {
  test(`${variable}=${uri} is refused, and nobody is asked`, async (t) => {
    const hosts = ['http://evil.test', 'https://evil.test', 'http://169.254.170.2', 'http://169.254.169.254'];
    const clouds = await startClouds(t, ECR, { hosts });
    const env = { [variable]: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'very-secret' };
    await assert.rejects(clouds.find(HOST, env), (error) => {
      assert.ok(hasCode(error, 'CREDENTIALS_UNAVAILABLE'));
      assert.match(error.message, new RegExp(`${variable} does not name an AWS service`));
      return true;
    });
    assert.equal(clouds.asked.length, 0);
  });
}

test('on an EC2 instance its role is asked for by version 2 of the metadata service', async (t) => {
  const base = 'http://169.254.169.254/latest';
  const roles = `GET ${base}/meta-data/iam/security-credentials/`;
  const clouds = await startClouds(
    t,
    {
      ...ECR,
      [`PUT ${base}/api/token`]: () => 'imds-token',
      [roles]: () => 'ci-role',
      [`${roles}ci-role`]: () => GIVEN,
    },
    { firmware: FIRMWARE.aws },
  );
  const found = await clouds.find(HOST);
  assert.deepEqual(found, { credential: LOGIN, source: 'AWS (role of this instance)' });
  const [put, ...gets] = clouds.asked;
  assert.equal(put?.headers['x-aws-ec2-metadata-token-ttl-seconds'], '300');
  for (const get of gets.slice(0, 2)) assert.equal(get.headers['x-aws-ec2-metadata-token'], 'imds-token');
  assert.equal(gets[2]?.headers['x-aws-ec2-metadata-token'], undefined);
});

test('an instance without a role has no login; one that wants not to be asked is not', async (t) => {
  const routes = { ...ECR, 'PUT http://169.254.169.254/latest/api/token': () => 'imds-token' };
  const clouds = await startClouds(t, routes, { firmware: FIRMWARE.aws });
  assert.equal(await clouds.find(HOST), undefined);
  assert.equal(clouds.asked.length, 2);
  assert.equal(await clouds.find(HOST, { AWS_EC2_METADATA_DISABLED: 'true' }), undefined);
  assert.equal(clouds.asked.length, 2);
});

test('a metadata service that names another role than there can be is not followed', async (t) => {
  const base = 'http://169.254.169.254/latest';
  const roles = `GET ${base}/meta-data/iam/security-credentials/`;
  const routes = { [`PUT ${base}/api/token`]: () => 'imds-token', [roles]: () => '../../../user-data' };
  const clouds = await startClouds(t, routes, { firmware: FIRMWARE.aws });
  await assert.rejects(clouds.find(HOST), {
    code: 'CREDENTIALS_UNAVAILABLE',
    message: /not the name of a role/,
  });
  assert.equal(clouds.asked.length, 2);
});

test('what AWS refuses is told with what is needed, and without the keys', async (t) => {
  const refusal = {
    __type: 'AccessDeniedException',
    message: 'User: arn:aws:iam::1:user/ci is not authorized',
  };
  const clouds = await startClouds(t, { [API]: () => [400, refusal] });
  await assert.rejects(clouds.find(HOST, KEYS), (error) => {
    assert.ok(hasCode(error, 'CREDENTIALS_UNAVAILABLE'));
    assert.equal(
      error.message,
      `no login for ${HOST}: cannot get a token from AWS: api.ecr.eu-west-1.amazonaws.com answered 400: AccessDeniedException: User: arn:aws:iam::1:user/ci is not authorized`,
    );
    assert.match(error.context.hint ?? '', /ecr:GetAuthorizationToken/);
    assert.doesNotMatch(`${error.stack} ${JSON.stringify(error.context)}`, /secret-of-env/);
    return true;
  });
  assert.equal(clouds.asked.length, 1, 'a refusal is not asked again');
});

test('a cloud that stumbles is asked again, three times in all', async (t) => {
  let left = 2;
  const clouds = await startClouds(t, { [API]: () => (left-- > 0 ? [503, ''] : tokenReply()) });
  assert.deepEqual((await clouds.find(HOST, KEYS))?.credential, LOGIN);
  left = 9;
  await assert.rejects(clouds.find(HOST, KEYS), { code: 'CREDENTIALS_UNAVAILABLE', message: /answered 503/ });
  assert.equal(clouds.asked.length, 6);
});

for (const [what, answer, says] of [
  ['no JSON', 'c2VjcmV0', /the answer of api\.ecr.* is not JSON/],
  ['a list', '[]', /is not a JSON object/],
  ['without a token', {}, /has no "authorizationToken"/],
  ['with an empty list', { authorizationData: [] }, /has no "authorizationToken"/],
  ['with a token of two lines', tokenReply('AWS:a\nb\u001b[2J'), /is not a login/],
  ['with another user', tokenReply('root:secret'), /is not a login/],
  ['without a colon', tokenReply('AWS'), /is not a login/],
  ['of 1 MiB', ' '.repeat(1024 * 1024), /has more than 65536 bytes/],
  ['a redirect', [302, '', { location: 'http://evil.test/' }], /answered 302/],
] as const) {
  test(`an answer ${what} is an error, and nobody else is asked`, async (t) => {
    const clouds = await startClouds(t, { [API]: () => answer }, { hosts: ['http://evil.test'] });
    await assert.rejects(clouds.find(HOST, KEYS), { code: 'CREDENTIALS_UNAVAILABLE', message: says });
    assert.ok(clouds.asked.every(({ what: asked }) => asked === API));
  });
}

test('a cloud that never answers is waited for so long and no longer', async (t) => {
  const clouds = await startClouds(t, { [API]: () => undefined }, { timeLimitMs: 50 });
  await assert.rejects(clouds.find(HOST, KEYS), {
    code: 'CREDENTIALS_UNAVAILABLE',
    message: /did not answer within 0\.05 s/,
  });
});

test('a token is good as long as AWS says, and 12 hours where that makes no sense', async (t) => {
  for (const [expiresAt, least, most] of [
    [Date.now() / 1000 + 3600, 3_590_000, 3_600_000],
    [1, 43_200_000, 43_200_000],
    ['never', 43_200_000, 43_200_000],
  ] as const) {
    const authorizationToken = Buffer.from(`AWS:${PASSWORD}`).toString('base64');
    const clouds = await startClouds(t, {
      [API]: () => ({ authorizationData: [{ authorizationToken, expiresAt }] }),
    });
    const [life = 0] = await clouds.lives(HOST, { env: KEYS, afterMs: [] });
    assert.ok(life >= least && life <= most, `${life}`);
  }
});
