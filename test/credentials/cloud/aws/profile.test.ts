import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { hasCode } from '../../../../src/errors.js';
import { startClouds, type Clouds, type CloudRoutes } from '../../../support/clouds.js';
import { temporaryFolder, type Scope } from '../../../support/temp.js';

const HOST = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const PASSWORD = 'eyJwYXlsb2FkIjoi';
const LOGIN = { username: 'AWS', password: PASSWORD };
const authorizationToken = Buffer.from(`AWS:${PASSWORD}`).toString('base64');
const ECR: CloudRoutes = {
  'POST https://api.ecr.eu-west-1.amazonaws.com/': () => ({ authorizationData: [{ authorizationToken }] }),
};
const STS = 'POST https://sts.eu-west-1.amazonaws.com/';
const ROLE_KEYS = `<R><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role/secret+</SecretAccessKey>
  <SessionToken>role-session==</SessionToken></Credentials></R>`;

const CREDENTIALS = `
# by aws configure
[default]
aws_access_key_id = AKIDDEFAULT
aws_secret_access_key = secret-of-default
[work]
aws_access_key_id=AKIDWORK
aws_secret_access_key = secret-of-work ; the one in use
aws_session_token =  session-of-work
`;

const CONFIG = `
[default]
region = eu-central-1
s3 =
  max_concurrent_requests = 20
[profile work]
aws_access_key_id = AKIDOLD
aws_secret_access_key = secret-of-old
[profile deploy]
role_arn = arn:aws:iam::1:role/deploy
source_profile = work
external_id = outside
[profile "by token"]
role_arn = arn:aws:iam::1:role/pod
web_identity_token_file = TOKEN
[profile circle]
role_arn = arn:aws:iam::1:role/x
source_profile = round
[profile round]
role_arn = arn:aws:iam::1:role/x
source_profile = circle
[profile program]
credential_process = /bin/evil --secret
[profile code]
role_arn = arn:aws:iam::1:role/x
source_profile = work
mfa_serial = arn:aws:iam::1:mfa/ann
[profile bare]
region = eu-west-1
[profile person]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Developer
[sso-session corp]
sso_region = us-east-2
sso_start_url = https://corp.awsapps.com/start
`;

interface Home {
  readonly clouds: Clouds;
  readonly home: string;
  readonly find: (profile?: string, env?: Readonly<Record<string, string>>) => ReturnType<Clouds['find']>;
}

async function startHome(scope: Scope, routes: CloudRoutes = {}): Promise<Home> {
  const home = await temporaryFolder(scope);
  const clouds = await startClouds(scope, { ...ECR, ...routes });
  await write(join(home, '.aws', 'credentials'), CREDENTIALS);
  await write(join(home, '.aws', 'config'), CONFIG.replace('TOKEN', join(home, 'token')));
  const find: Home['find'] = (profile, env = {}) =>
    clouds.find(HOST, { HOME: home, ...(profile !== undefined && { AWS_PROFILE: profile }), ...env });
  return { clouds, home, find };
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

function signerOf({ headers }: Clouds['asked'][number]): string | undefined {
  return /Credential=(\w+)\//.exec(String(headers['authorization']))?.[1];
}

test('the keys of a profile sign, those of the file credentials before those of config', async (t) => {
  const { clouds, home, find } = await startHome(t);
  assert.deepEqual(await find(), { credential: LOGIN, source: 'AWS (profile "default")' });
  assert.deepEqual(await find('work'), { credential: LOGIN, source: 'AWS (profile "work")' });
  assert.deepEqual(clouds.asked.map(signerOf), ['AKIDDEFAULT', 'AKIDWORK']);
  assert.equal(clouds.asked[1]?.headers['x-amz-security-token'], 'session-of-work');
  for (const secret of ['secret-of-default', 'secret-of-work', 'session-of-work'])
    assert.ok(clouds.secrets.includes(secret));

  const keys = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 'secret-of-env' };
  assert.equal((await find('work', keys))?.source, 'AWS (AWS_ACCESS_KEY_ID)');
  await write(
    join(home, 'mine'),
    '[default]\naws_access_key_id=AKIDMINE\naws_secret_access_key=secret-of-mine',
  );
  await find(undefined, { AWS_SHARED_CREDENTIALS_FILE: join(home, 'mine') });
  assert.equal(clouds.asked.map(signerOf).at(-1), 'AKIDMINE');
});

test('a profile takes on a role, with the keys of another one or with a token', async (t) => {
  const { clouds, home, find } = await startHome(t, { [STS]: () => ROLE_KEYS });
  await write(join(home, 'token'), 'jwt-of-pod');
  assert.deepEqual((await find('deploy'))?.credential, LOGIN);
  const [assumed, ecr] = clouds.asked;
  assert.equal(assumed && signerOf(assumed), 'AKIDWORK');
  assert.match(String(assumed?.headers['authorization']), /\/eu-west-1\/sts\/aws4_request/);
  assert.deepEqual(Object.fromEntries(new URLSearchParams(assumed?.body)), {
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: 'arn:aws:iam::1:role/deploy',
    RoleSessionName: 'reg',
    ExternalId: 'outside',
  });
  assert.equal(ecr && signerOf(ecr), 'ASIAROLE');
  assert.deepEqual((await find('by token'))?.credential, LOGIN);
  assert.equal(new URLSearchParams(clouds.asked[2]?.body).get('WebIdentityToken'), 'jwt-of-pod');
});

test('the token that aws sso login leaves gives the keys of a role, as long as it is good', async (t) => {
  const portal = 'GET https://portal.sso.us-east-2.amazonaws.com/federation/credentials';
  const roleCredentials = {
    accessKeyId: 'ASIASSO',
    secretAccessKey: 'secret-sso',
    sessionToken: 'session-sso',
  };
  const { clouds, home, find } = await startHome(t, { [portal]: () => ({ roleCredentials }) });
  const file = join(home, '.aws/sso/cache', `${createHash('sha1').update('corp').digest('hex')}.json`);
  const login = (expiresAt: string): Promise<void> =>
    write(file, JSON.stringify({ accessToken: 'token-of-sso', expiresAt }));
  await login('2999-01-01T00:00:00Z');
  assert.deepEqual(await find('person'), { credential: LOGIN, source: 'AWS (profile "person")' });
  const [asked, ecr] = clouds.asked;
  assert.equal(asked?.headers['x-amz-sso_bearer_token'], 'token-of-sso');
  assert.deepEqual(Object.fromEntries(asked?.query ?? []), {
    account_id: '123456789012',
    role_name: 'Developer',
  });
  assert.equal(ecr && signerOf(ecr), 'ASIASSO');
  assert.ok(clouds.secrets.includes('token-of-sso'));
  await login('2020-01-01T00:00:00Z');
  await assert.rejects(find('person'), (error) => {
    assert.ok(hasCode(error, 'CREDENTIALS_UNAVAILABLE'));
    assert.match(error.message, /the login has run out/);
    assert.equal(error.context.hint, 'Run "aws sso login --profile person".');
    return true;
  });
});

for (const [profile, says] of [
  ['nobody', /the profile "nobody" is in none of the files of AWS/],
  ['program', /the profile "program" wants credential_process: reg runs no program for that/],
  ['code', /the profile "code" wants mfa_serial: there is nobody to ask for the code/],
  ['circle', /leads back to itself/],
  ['person', /nobody is logged in/],
] as const) {
  test(`the profile ${profile} gives no keys: ${says.source}`, async (t) => {
    const { clouds, find } = await startHome(t);
    await assert.rejects(find(profile), (error) => {
      assert.ok(hasCode(error, 'CREDENTIALS_UNAVAILABLE'));
      assert.match(error.message, says);
      assert.doesNotMatch(`${error.message} ${error.context.hint}`, /evil|secret/);
      return true;
    });
    assert.equal(clouds.asked.length, 0);
  });
}

test('without such files, or with a profile that has nothing to do with keys, there is no login', async (t) => {
  const { clouds, home, find } = await startHome(t);
  assert.equal(await find('bare'), undefined);
  assert.equal(await clouds.find(HOST, { HOME: join(home, 'elsewhere') }), undefined);
  await assert.rejects(find('work', { AWS_CONFIG_FILE: join(home, 'none') }), {
    code: 'CREDENTIALS_UNAVAILABLE',
    message: /none" is not there/,
  });
  assert.equal(clouds.asked.length, 0);
});
