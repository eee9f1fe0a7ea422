import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startDockerHub } from './docker-hub.js';
import type { DockerHub, DockerHubOptions } from './docker-hub.js';
import { ask, basicAuthorization } from './http-client.js';
import type { Answer, AskOptions } from './http-client.js';
import { image, layer } from './images.js';
import type { TestImage } from './images.js';
import { needs } from './programs.js';
import { pushGraph } from './push-graph.js';

test(
  'the Hub stand-in challenges, counts pulls, and serves blobs from its CDN',
  needs('docker-registry'),
  async (t) => {
    const { hub, made } = await startFilled(t, { pulls: 2 });
    const manifest = 'https://registry-1.docker.io/v2/library/nginx/manifests/1';
    const challenge = await get(hub, manifest);
    assert.equal(challenge.status, 401);
    assert.equal(
      challenge.headers['www-authenticate'],
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull"',
    );
    const headers = {
      authorization: await bearer(hub, 'repository:library/nginx:pull'),
      accept: made.descriptor.mediaType,
    };
    const pulled = await get(hub, manifest, { headers });
    assert.deepEqual(pulled.body, made.bytes);
    assert.equal(pulled.headers['ratelimit-remaining'], '1;w=21600');
    assert.equal((await get(hub, manifest, { headers })).status, 200);
    assert.equal((await get(hub, manifest, { headers })).status, 429);

    const [digest, content] = [...made.blobs][0] ?? [];
    const redirect = await get(hub, `https://registry-1.docker.io/v2/library/nginx/blobs/${digest}`, {
      headers,
    });
    assert.equal(redirect.status, 307);
    const location = redirect.headers.location ?? '';
    assert.match(location, /^https:\/\/production\.cloudflare\.docker\.com\//);
    assert.equal((await get(hub, location, { headers })).status, 400);
    assert.equal((await get(hub, location.replace('signature=', 'signature=x'))).status, 403);
    const part = await get(hub, location, { headers: { range: 'bytes=5-' } });
    assert.equal(part.status, 206);
    assert.equal(part.body.length, (content?.size ?? 0) - 5);
    assert.deepEqual(
      hub.cdn.requests.map(({ status }) => status),
      [400, 403, 206],
    );
  },
);

test('the Hub stand-in takes a push from an owner only', needs('docker-registry'), async (t) => {
  const { hub } = await startFilled(t, { users: { ann: 'secret' } });
  const basic = { headers: { authorization: basicAuthorization('ann', 'secret') } };
  const own = await bearer(hub, 'repository:ann/app:pull,push', basic);
  const foreign = await bearer(hub, 'repository:library/nginx:pull,push', basic);
  const start = (repository: string, authorization: string): Promise<Answer> =>
    get(hub, `https://registry-1.docker.io/v2/${repository}/blobs/uploads/`, {
      method: 'POST',
      headers: { authorization },
    });
  const refused = await start('library/nginx', foreign);
  assert.match(refused.headers['www-authenticate'] ?? '', /error="insufficient_scope"$/);
  const session = await start('ann/app', own);
  assert.match(
    session.headers.location ?? '',
    /^https:\/\/registry-1\.docker\.io\/v2\/ann\/app\/blobs\/uploads\/.*_state=/,
  );
});

async function startFilled(
  t: TestContext,
  options: DockerHubOptions,
): Promise<{ readonly hub: DockerHub; readonly made: TestImage }> {
  const hub = await startDockerHub(t, options);
  const made = image({ layers: [await layer({ a: 'a' })] });
  await pushGraph(`${hub.storage.origin}/v2/library/nginx`, made, { tag: '1' });
  return { hub, made };
}

async function bearer(hub: DockerHub, scope: string, options: AskOptions = {}): Promise<string> {
  const { body } = await get(
    hub,
    `https://auth.docker.io/token?service=registry.docker.io&scope=${scope}`,
    options,
  );
  const { token }: { readonly token: string } = JSON.parse(body.toString());
  return `Bearer ${token}`;
}

/** Asks a host by its real name, and so checks its certificate. */
function get(hub: DockerHub, url: string, options: AskOptions = {}): Promise<Answer> {
  const { hostname } = new URL(url);
  const flag = hub.resolveFlags.find((one) => one.startsWith(`${hostname}:443:`)) ?? '';
  return ask(url, { ...options, authority: hub.authority, port: Number(flag.split(':').at(-1)) });
}
