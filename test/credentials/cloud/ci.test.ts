/** The logins of jobs in GitHub Actions and in GitLab CI: they stand in the environment, and nobody is asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startClouds } from '../../support/clouds.js';

const GITHUB = { GITHUB_TOKEN: 'ghs_secret', GITHUB_ACTOR: 'octocat' };
const GITLAB = {
  CI_REGISTRY: 'registry.example.com:5050',
  CI_REGISTRY_USER: 'ci-user',
  CI_REGISTRY_PASSWORD: 'ci-secret',
  CI_JOB_TOKEN: 'job-secret',
};

test('in GitHub Actions the token of the job opens ghcr.io, and nothing else', async (t) => {
  const { find, asked, secrets } = await startClouds(t, {});
  const credential = { username: 'octocat', password: 'ghs_secret' };
  assert.deepEqual(await find('ghcr.io', GITHUB), { credential, source: 'GITHUB_TOKEN' });
  for (const host of ['ghcr.io.evil.test', 'docker.ghcr.io', 'ghcr.io:5000', 'github.com', 'docker.io'])
    assert.equal(await find(host, GITHUB), undefined);
  assert.deepEqual(secrets, ['ghs_secret']);
  assert.equal(asked.length, 0);
});

test('a GITHUB_TOKEN outside of Actions is no login: the registry would refuse what is public to it', async (t) => {
  const { find } = await startClouds(t, {});
  assert.equal(await find('ghcr.io', { GITHUB_TOKEN: 'ghp_for_something_else' }), undefined);
  assert.equal(await find('ghcr.io', { GITHUB_ACTOR: 'octocat' }), undefined);
});

test('in GitLab CI the registry of the own GitLab opens, with its port', async (t) => {
  const { find, secrets } = await startClouds(t, {});
  const credential = { username: 'ci-user', password: 'ci-secret' };
  assert.deepEqual(await find('registry.example.com:5050', GITLAB), {
    credential,
    source: 'CI_REGISTRY_PASSWORD',
  });
  for (const host of [
    'registry.example.com',
    'example.com:5050',
    'registry.example.com:5050.evil.test',
    'gitlab.com',
  ])
    assert.equal(await find(host, GITLAB), undefined);
  assert.deepEqual(secrets, ['ci-secret']);
});

test('in GitLab CI the token of the job does, too', async (t) => {
  const { find } = await startClouds(t, {});
  const env = { CI_REGISTRY: 'Registry.GitLab.com:443', CI_JOB_TOKEN: 'job-secret' };
  const credential = { username: 'gitlab-ci-token', password: 'job-secret' };
  assert.deepEqual(await find('registry.gitlab.com', env), { credential, source: 'CI_JOB_TOKEN' });
  assert.equal(await find('registry.gitlab.com', { CI_REGISTRY: 'registry.gitlab.com' }), undefined);
  assert.equal(await find('', { CI_REGISTRY: '', CI_JOB_TOKEN: 'x' }), undefined);
});
