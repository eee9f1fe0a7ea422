/** Everything that commonly goes wrong, as a person would come upon it. */
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../support/contents.js';
import { holds, holdsLayer, OCI_INDEX } from '../support/hostile/documents.js';
import {
  changes,
  flipsAByte,
  neverAnswers,
  redirects,
  refuses,
  says,
  speaks,
  stopsAt,
} from '../support/hostile/faults.js';
import type { Faults } from '../support/hostile/registry.js';
import { dockerConfig, stageIndex, type Stage, type StageOptions } from '../support/hostile/stage.js';
import { startHttpServer } from '../support/http-server.js';
import { writeDockerArchive, writeLayout, writeOciArchive } from '../support/image-files.js';
import { image, layer } from '../support/images.js';

export interface Situation extends StageOptions {
  /** What the person did, or what happened to them. */
  readonly title: string;
  readonly faults?: Faults;
  /** Sets the rest up. */
  readonly arrange?: (stage: Stage) => Promise<void> | void;
  /** What was typed; words with nothing to fill in may be one text. */
  readonly typed: string | ((stage: Stage) => string | Promise<string>);
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const PULL = ({ image: name, flags }: Stage): string => ['reg pull', ...flags, name].join(' ');
const PUSH = async (stage: Stage): Promise<string> =>
  `reg push --from ${await folder(stage)} ${stage.host}/app:2`;

/** A layout with two images, `1` and `2`. */
async function folder({ home }: Stage, name = 'images'): Promise<string> {
  const [one, two] = [
    image({ layers: [await layer({ one: '1' })] }),
    image({ layers: [await layer({ two: '2' })] }),
  ];
  await writeLayout(join(home, name), { 1: one, 2: two });
  return `oci:${name}:1`;
}

async function filled(stage: Stage): Promise<void> {
  await stage.reg(['pull', ...stage.flags, stage.image]);
}

/** The file of a layer in the store. */
async function layerFile(stage: Stage): Promise<string> {
  await filled(stage);
  const largest = [...stage.graph.blobs.values()].sort((a, b) => b.size - a.size)[0];
  return join(stage.store, 'blobs', ...(largest?.digest ?? '').split(':'));
}

export const SECTIONS: Readonly<Record<string, readonly Situation[]>> = {
  'What was typed': [
    { title: 'no image at all', typed: 'reg pull' },
    { title: 'a command that does not exist', typed: 'reg pul nginx' },
    { title: 'a flag that does not exist', typed: 'reg pull --platfrom linux/arm64 nginx' },
    { title: 'a flag without its value', typed: 'reg pull nginx --platform' },
    { title: 'a value that is no number', typed: 'reg pull --concurrency many nginx' },
    { title: 'a value that is no time', typed: 'reg pull --idle-timeout soon nginx' },
    { title: 'a value that is none of the modes', typed: 'reg pull --progress fancy nginx' },
    { title: 'an argument too many', typed: 'reg push app:1 app:2' },
    { title: 'upper case', typed: 'reg pull MyApp' },
    { title: 'nothing behind the colon', typed: 'reg pull nginx:' },
    { title: 'a space in the tag', typed: () => 'reg pull nginx:1\u00a00' },
    { title: 'a URL', typed: 'reg pull https://ghcr.io/owner/app' },
    { title: 'a digest that is cut off', typed: 'reg pull nginx@sha256:0123abcd' },
    { title: 'a port that is none', typed: 'reg pull localhost:99999/app' },
    { title: 'a hyphen of another alphabet', typed: 'reg pull my\u2011app' },
    { title: 'a platform that is none', typed: 'reg pull --platform linux/amd64/v2/x nginx' },
    { title: 'all tags of one tag', typed: 'reg pull --all-tags nginx:1' },
    { title: 'a certificate file that is not there', typed: 'reg pull --ca-file nowhere.pem nginx' },
    { title: 'an address to listen on that is none', typed: 'reg serve --listen somewhere' },
    { title: 'a pin that is none', typed: 'reg pull --resolve ghcr.io nginx' },
    { title: 'a template that is not closed', typed: 'reg version --format {{.node' },
    { title: 'a key that the result does not have', typed: 'reg version --format v{{.nod}}' },
    { title: 'a function that there is not', typed: 'reg version --format {{title(.node)}}' },
    { title: 'a pattern that is none', typed: 'reg tags --match /(/ nginx' },
    { title: 'a search elsewhere', typed: 'reg search ghcr.io/owner/app' },
    { title: 'the limits of a registry without an image', typed: 'reg limits ghcr.io' },
  ],

  'What is not there': [
    { title: 'a tag that does not exist', typed: ({ host }) => `reg pull ${host}/app:nope` },
    {
      title: 'a repository that does not exist',
      faults: { '* manifest': refuses(404, 'NAME_UNKNOWN') },
      typed: PULL,
    },
    {
      title: 'a digest that does not exist',
      typed: ({ host }) => `reg pull ${host}/app@${sha256('nothing')}`,
    },
    {
      title: 'a layer that the registry lost',
      faults: { 'GET layer': refuses(404, 'BLOB_UNKNOWN') },
      typed: PULL,
    },
    {
      title: 'another platform of an index',
      arrange: async ({ registry }) => {
        const { bytes, descriptor, manifests } = await stageIndex();
        for (const node of manifests.values())
          registry.manifests.set(node.descriptor.digest, {
            type: node.descriptor.mediaType,
            bytes: node.bytes,
          });
        registry.manifests.set('1', { type: descriptor.mediaType, bytes });
      },
      typed: ({ image: name }) => `reg pull --platform windows/amd64 ${name}`,
    },
    {
      title: 'the tags of a repository that does not exist',
      faults: { '* tags': refuses(404, 'NAME_UNKNOWN') },
      typed: ({ host }) => `reg tags ${host}/nope`,
    },
    { title: 'an image that the store does not have', typed: 'reg push ghcr.io/owner/app:1.0' },
    { title: 'the same, with any tag', typed: 'reg push --all-tags ghcr.io/owner/app' },
    { title: 'the same, to be tagged', typed: 'reg tag app:1 app:2' },
    { title: 'the same, to be removed', typed: 'reg rmi app:1' },
    { title: 'the same, to be looked at', typed: 'reg inspect --local app:1' },
  ],

  'Who may': [
    { title: 'no login where one is needed', auth: 'basic', login: false, typed: PULL },
    { title: 'a login that is not taken any more', auth: 'basic', arrange: wrongLogin, typed: PULL },
    { title: 'the same, where there are tokens', auth: 'bearer', arrange: wrongLogin, typed: PULL },
    { title: 'a push without a login', auth: 'basic', login: false, typed: PUSH },
    { title: 'a login that may not push', faults: { 'POST upload': refuses(403, 'DENIED') }, typed: PUSH },
    { title: 'a login that may not pull', faults: { '* manifest': refuses(403, 'DENIED') }, typed: PULL },
    {
      title: 'a wrong password',
      auth: 'basic',
      login: false,
      typed: ({ host }) => `reg login -u alice --password-stdin ${host}`,
      stdin: 'wrong',
    },
    { title: 'an empty password', typed: 'reg login -u alice --password-stdin ghcr.io', stdin: '' },
    {
      title: 'a password from standard input without a username',
      typed: 'reg login --password-stdin ghcr.io',
      stdin: 'x',
    },
    { title: 'nobody there to ask', typed: 'reg login ghcr.io' },
    { title: 'a name that is no registry', typed: 'reg login ghcr.io/owner' },
    {
      title: 'a password over plain http to another machine',
      arrange: async (stage) => {
        const server = await startHttpServer(stage.scope, (exchange) => {
          exchange.response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        });
        stage.flags.push('--plain-http', '--resolve', `registry.example.com:80:127.0.0.1:${server.port}`);
        await stage.write('.docker/config.json', dockerConfig({ 'registry.example.com': stage.user }));
      },
      typed: ({ flags }) => `reg pull ${flags.join(' ')} registry.example.com/app:1`,
    },
    {
      title: 'a token service that nobody agreed to',
      auth: 'bearer',
      faults: {
        '* manifest': says(401, {
          headers: { 'www-authenticate': 'Bearer realm="https://cdn.example.net/token",service="x"' },
        }),
      },
      arrange: ({ registry, flags }) =>
        void flags.push('--resolve', `cdn.example.net:443:127.0.0.1:${registry.port}`),
      place: 'public',
      typed: PULL,
    },
    {
      title: 'a challenge that nobody can answer',
      faults: { '* *': says(401, { headers: { 'www-authenticate': 'Negotiate' } }) },
      typed: PULL,
    },
  ],

  'The way there': [
    { title: 'nobody listens', typed: 'reg pull 127.0.0.1:1/app:1' },
    { title: 'a host that does not exist', typed: 'reg pull no-such-host.invalid/app:1' },
    {
      title: 'plain http where https is expected',
      arrange: plainHttpElsewhere,
      typed: ({ flags }) => `reg pull ${flags.join(' ')} registry.example.com/app:1`,
    },
    {
      title: 'a certificate that nobody vouches for',
      place: 'tls',
      typed: ({ image: name }) => `reg pull ${name}`,
    },
    {
      title: 'a certificate for another name',
      place: 'tls',
      arrange: otherName,
      typed: ({ flags }) => `reg pull ${flags.join(' ')} registry.test/app:1`,
    },
    {
      title: 'a certificate that has expired',
      arrange: expired,
      typed: ({ flags }) => `reg pull ${flags.join(' ')} registry.test/app:1`,
    },
    {
      title: 'a server that never answers',
      faults: { '* manifest': neverAnswers },
      typed: PULL,
      env: { REG_IDLE_TIMEOUT: '1s' },
    },
    { title: 'a download that breaks off each time', faults: { 'GET layer': stopsAt(0) }, typed: PULL },
    {
      title: 'something that is no HTTP',
      faults: { '* manifest': speaks('SSH-2.0-OpenSSH_9.2\r\n') },
      typed: PULL,
    },
  ],

  'What the registry says': [
    { title: 'an error of its own', faults: { '* manifest': refuses(500, 'UNKNOWN') }, typed: PULL },
    {
      title: 'a gateway that has lost it',
      faults: {
        '* manifest': says(502, {
          body: '<html>Bad Gateway</html>',
          headers: { 'content-type': 'text/html' },
        }),
      },
      typed: PULL,
    },
    {
      title: 'too many requests, come back in an hour',
      faults: { '* manifest': refuses(429, 'TOOMANYREQUESTS', { 'retry-after': '3600' }) },
      typed: PULL,
    },
    {
      title: 'a page of HTML for a manifest',
      faults: {
        '* manifest': says(200, {
          body: '<html>Sign in to the WiFi</html>',
          headers: { 'content-type': 'text/html' },
        }),
      },
      typed: PULL,
    },
    { title: 'a status that means nothing', faults: { '* manifest': says(418) }, typed: PULL },
    {
      title: 'a redirect without end',
      faults: { 'GET layer': redirects(({ url }) => url.pathname) },
      typed: PULL,
    },
    {
      title: 'a redirect to an address of the cloud',
      place: 'public',
      faults: { 'GET layer': redirects('https://169.254.169.254/latest') },
      typed: PULL,
    },
    {
      title: 'a push that it will not take',
      faults: { 'PUT manifest': refuses(400, 'MANIFEST_INVALID') },
      typed: PUSH,
    },
    {
      title: 'a layer that is too large for it',
      faults: { '* upload': refuses(413, 'SIZE_INVALID') },
      typed: PUSH,
    },
    {
      title: 'a tag that may not be moved',
      faults: { 'PUT manifest': refuses(409, 'TAG_INVALID') },
      typed: PUSH,
    },
    {
      title: 'a push to a registry that takes none',
      faults: { 'POST upload': refuses(405, 'UNSUPPORTED') },
      typed: PUSH,
    },
  ],

  'What came is not what was asked for': [
    { title: 'a layer with a wrong byte', faults: { 'GET layer': flipsAByte }, typed: PULL },
    {
      title: 'a layer that is longer',
      faults: { 'GET layer': changes((bytes) => Buffer.concat([bytes, bytes])) },
      typed: PULL,
    },
    {
      title: 'a manifest with a wrong byte',
      faults: { 'GET manifest': flipsAByte },
      typed: ({ host, graph }) => `reg pull ${host}/app@${graph.descriptor.digest}`,
    },
    { title: 'a manifest that is no JSON', arrange: holds('{"schemaVersion":2,'), typed: PULL },
    {
      title: 'a manifest that is too large',
      arrange: holds(`{"schemaVersion":2,"x":"${'x'.repeat(9 * 1024 * 1024)}"}`),
      typed: PULL,
    },
    {
      title: 'a manifest of the old kind',
      arrange: holds(
        { schemaVersion: 1, name: 'app' },
        'application/vnd.docker.distribution.manifest.v1+json',
      ),
      typed: PULL,
    },
    {
      title: 'a manifest of an unknown kind',
      arrange: holds({ schemaVersion: 2 }, 'application/vnd.example.thing+json'),
      typed: PULL,
    },
    { title: 'a layer with a size below zero', arrange: holdsLayer({ size: -1 }), typed: PULL },
    {
      title: 'a layer whose digest is none',
      arrange: holdsLayer({ digest: 'sha256:../../etc/passwd' }),
      typed: PULL,
    },
    {
      title: 'an image that is an index too',
      arrange: holds((honest) => ({ ...honest, manifests: [] })),
      typed: PULL,
    },
    {
      title: 'an index without images',
      arrange: holds({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }, OCI_INDEX),
      typed: PULL,
    },
  ],

  'Files and places': [
    { title: 'a file that is not there', typed: 'reg push --from nowhere.tar localhost:5000/app' },
    {
      title: 'a file of an artifact that is not there',
      typed: 'reg artifact push localhost:5000/app:1 nope',
    },
    { title: 'a file for sync that is not there', typed: 'reg sync nope.yaml' },
    { title: 'a name for a place to pull into', typed: 'reg pull nginx -o nginx' },
    { title: 'an image that is not there to save', typed: 'reg save -o out.tar nginx' },
    {
      title: 'a tag that the directory does not have',
      arrange: async (stage) => void (await folder(stage)),
      typed: 'reg push --from oci:images:3 localhost:5000/app',
    },
    {
      title: 'a directory with several images',
      arrange: async (stage) => void (await folder(stage)),
      typed: 'reg push --from oci:images localhost:5000/app',
    },
    {
      title: 'a directory that is something else',
      arrange: ({ home }) => mkdir(join(home, 'photos')),
      typed: 'reg push --from photos localhost:5000/app',
    },
    {
      title: 'a file that is no archive',
      arrange: async ({ write }) => void (await write('notes.txt', 'Buy milk.\n'.repeat(200))),
      typed: 'reg push --from notes.txt localhost:5000/app',
    },
    {
      title: 'an archive of something else',
      arrange: otherArchive,
      typed: 'reg push --from other.tar localhost:5000/app',
    },
    {
      title: 'an archive that is cut off',
      arrange: cutArchive,
      typed: 'reg push --from app.tar localhost:5000/app',
    },
    {
      title: 'a compressed archive that is damaged',
      arrange: async ({ write }) =>
        void (await write('app.tar.gz', gzipSync(Buffer.alloc(9999)).subarray(0, 25))),
      typed: 'reg push --from app.tar.gz localhost:5000/app',
    },
    {
      title: 'several images in an archive',
      arrange: twoInArchive,
      typed: 'reg push --from both.tar localhost:5000/app',
    },
    {
      title: 'a place of an unknown kind',
      typed: 'reg push --from containers-storage:app:1 localhost:5000/app',
    },
  ],

  'This machine': [
    {
      title: 'a blob of the store that changed',
      arrange: async (stage) => writeFile(await layerFile(stage), 'x'.repeat(100)),
      typed: async (stage) => {
        stage.registry.blobs.clear();
        stage.registry.manifests.clear();
        return `reg push ${stage.image}`;
      },
    },
    {
      title: 'the same, found by verify',
      arrange: async (stage) => writeFile(await layerFile(stage), 'x'.repeat(100)),
      typed: 'reg verify',
    },
    {
      title: 'an image of the store that lost its manifest',
      arrange: async (stage) => {
        await filled(stage);
        await rm(join(stage.store, 'blobs', ...stage.graph.descriptor.digest.split(':')));
      },
      typed: 'reg images',
    },
    {
      title: 'a store whose index is broken',
      arrange: async (stage) => {
        await filled(stage);
        await truncate(join(stage.store, 'index.json'), 20);
      },
      typed: 'reg images',
    },
    {
      title: 'a store of another version',
      arrange: async ({ write }) => void (await write('store/oci-layout', '{"imageLayoutVersion":"2.0.0"}')),
      typed: 'reg images',
    },
    {
      title: 'a directory with other things for a store',
      arrange: async ({ write }) => void (await write('store/diary.txt', 'Dear diary')),
      typed: PULL,
    },
    {
      title: 'a file where the store should be',
      arrange: async ({ write }) => void (await write('store', '')),
      typed: PULL,
    },
    {
      title: 'a place where nothing can be written',
      typed: ({ image: name }) => `reg pull --store /proc/store ${name}`,
    },
    {
      title: 'settings that are no JSON',
      arrange: async ({ write }) => void (await write('.docker/config.json', '{"auths":')),
      auth: 'basic',
      login: false,
      typed: PULL,
    },
    {
      title: 'a login in the settings that cannot be read',
      arrange: async ({ write, host }) =>
        void (await write('.docker/config.json', JSON.stringify({ auths: { [host]: { auth: '???' } } }))),
      auth: 'basic',
      login: false,
      typed: PULL,
    },
    {
      title: 'settings that are a directory',
      arrange: async ({ home }) =>
        void (await mkdir(join(home, '.docker', 'config.json'), { recursive: true })),
      auth: 'basic',
      login: false,
      typed: PULL,
    },
    {
      title: 'a port that is taken',
      typed: ({ registry }) => `reg serve --listen 127.0.0.1:${registry.port}`,
    },
  ],
};

async function wrongLogin({ write, host }: Stage): Promise<void> {
  await write(
    '.docker/config.json',
    dockerConfig({ [host]: { user: 'alice', password: 'of last year', identityToken: '' } }),
  );
}

async function plainHttpElsewhere({ registry, flags }: Stage): Promise<void> {
  flags.push('--resolve', `registry.example.com:443:127.0.0.1:${registry.port}`);
}

async function otherName({ registry, flags }: Stage): Promise<void> {
  flags.push('--resolve', `registry.test:443:127.0.0.1:${registry.port}`);
}

async function expired({ scope, authority, flags, write }: Stage): Promise<void> {
  const tls = await authority.issue(['registry.test'], { expired: true });
  const server = await startHttpServer(scope, ({ response }) => void response.end(), { tls });
  flags.push('--ca-file', await write('authority.crt', authority.certificate));
  flags.push('--resolve', `registry.test:443:127.0.0.1:${server.port}`);
}

async function otherArchive({ home }: Stage): Promise<void> {
  const { tar } = await layer({ 'holiday/beach.jpg': 'sand' });
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar.open()) chunks.push(chunk);
  await writeFile(join(home, 'other.tar'), Buffer.concat(chunks));
}

async function cutArchive({ home }: Stage): Promise<void> {
  const file = join(home, 'app.tar');
  await writeOciArchive(file, {
    1: image({ layers: [await layer({ big: Buffer.alloc(5000, 1) }, { compression: 'none' })] }),
  });
  await truncate(file, 6000);
}

async function twoInArchive({ home }: Stage): Promise<void> {
  const [one, two] = [
    image({ layers: [await layer({ one: '1' })] }),
    image({ layers: [await layer({ two: '2' })] }),
  ];
  await writeDockerArchive(join(home, 'both.tar'), { 'example/one:1': one, 'example/two:1': two });
}
