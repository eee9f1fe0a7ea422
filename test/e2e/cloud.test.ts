/** A registry under the name that it has in a cloud, opened by what the environment of a CI job has. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createAuthority } from '../support/certificates.js';
import { startClouds, type CloudRoutes } from '../support/clouds.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { writeLayout } from '../support/image-files.js';
import { image, layer } from '../support/images.js';
import { createPerson, type Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import type { Scope } from '../support/temp.js';

const REAL = needs('docker-registry', 'htpasswd');
const HOST = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const API = 'POST https://api.ecr.eu-west-1.amazonaws.com/';
const PASSWORD = 'ecr-password-of-12-hours';
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 'very-secret-access-key' };
const token = (): object => {
  const authorizationToken = Buffer.from(`AWS:${PASSWORD}`).toString('base64');
  return { authorizationData: [{ authorizationToken }] };
};

test(
  'with keys of AWS in the environment an image is pushed to ECR and pulled, and no secret is told',
  REAL,
  async (t) => {
    const { me, flags } = await setUp(t, { [API]: token });
    const pushed = await me.reg(['push', '--debug', ...flags, '--from', 'oci:app', `${HOST}/app:1`], {
      env: KEYS,
    });
    const pulled = await me.reg(['pull', '--debug', ...flags, `${HOST}/app:1`], { env: KEYS });
    for (const { stdout, stderr } of [pushed, pulled]) {
      assert.match(stderr, new RegExp(`the login for ${HOST} is from AWS \\(AWS_ACCESS_KEY_ID\\)`));
      assert.match(stderr, /POST https:\/\/api\.ecr\.eu-west-1\.amazonaws\.com\/ 200/);
      assert.doesNotMatch(stdout + stderr, /very-secret|ecr-password|QVdTOm/);
    }
    await me.fails(4, ['pull', ...flags, `${HOST}/app:1`]);
  },
);

test('what config.json says of the host comes first, and the cloud is not asked', REAL, async (t) => {
  const { me, flags, asked } = await setUp(t, { [API]: token });
  const login = ['login', ...flags, '-u', 'AWS', '--password-stdin', HOST];
  await me.reg(login, { stdin: PASSWORD, env: KEYS });
  await me.reg(['push', ...flags, '--from', 'oci:app', `${HOST}/app:1`], { env: KEYS });
  assert.equal(asked.length, 0);
});

test('a cloud that gives no login stops a push; a pull goes on without one, and says so', REAL, async (t) => {
  const refusal = { __type: 'AccessDeniedException', message: 'not authorized' };
  const { me, flags } = await setUp(t, { [API]: () => [400, refusal] });
  const said = `no login for ${HOST}: cannot get a token from AWS: api.ecr.eu-west-1.amazonaws.com answered 400: AccessDeniedException: not authorized`;
  const pushed = await me.fails(4, ['push', ...flags, '--from', 'oci:app', `${HOST}/app:1`], { env: KEYS });
  assert.ok(
    pushed.stderr.includes(`${said}. The role or user needs ecr:GetAuthorizationToken.`),
    pushed.stderr,
  );
  const pulled = await me.fails(4, ['pull', ...flags, `${HOST}/app:1`], { env: KEYS });
  assert.ok(pulled.stderr.includes(said), pulled.stderr);
});

interface Setting {
  readonly me: Person;
  readonly flags: readonly string[];
  readonly asked: readonly unknown[];
}

/** A person with an image in a layout `app`, a registry of AWS, and its cloud. */
async function setUp(scope: Scope, routes: CloudRoutes): Promise<Setting> {
  const authority = await createAuthority();
  const tls = await authority.issue([HOST]);
  const { port } = await startDockerRegistry(scope, { tls, auth: { users: { AWS: PASSWORD } } });
  const clouds = await startClouds(scope, routes);
  const me = await createPerson(scope);
  await writeLayout(join(me.home, 'app'), { it: image({ layers: [await layer({ a: 'a' })] }) });
  await writeFile(join(me.home, 'ca.crt'), `${authority.certificate}\n${clouds.authority}`);
  const rules = [`${HOST}:443:127.0.0.1:${port}`];
  for (const pin of clouds.pins) rules.push(`${pin.host}:${pin.port}:${pin.address}:${pin.toPort}`);
  const flags = ['--ca-file', 'ca.crt', ...rules.flatMap((rule) => ['--resolve', rule])];
  return { me, flags, asked: clouds.asked };
}
