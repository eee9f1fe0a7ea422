import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { suite, test } from 'node:test';

import type { CopyEvent } from '../../../src/content/events.js';
import { systemClock } from '../../../src/content/system-clock.js';
import { Scratch } from '../../../src/disk/scratch.js';
import { compareFiles } from '../../../src/operations/files/file-diff.js';
import { listFiles, type ListedFile } from '../../../src/operations/files/list-files.js';
import { readFiles } from '../../../src/operations/files/read-file.js';
import type { FilesOptions } from '../../../src/operations/files/image-files.js';
import type { PlaceNotice } from '../../../src/operations/places/open-source.js';
import { createClient } from '../../../src/registry/client.js';
import { bytesContent, type TestContent } from '../../support/contents.js';
import { reply } from '../../support/http-server.js';
import { image, layer, type TestImage, type TestLayer } from '../../support/images.js';
import { rawTar } from '../../support/raw-tar.js';
import { startScriptedRegistry, type ScriptedRegistry } from '../../support/scripted-registry.js';
import { failsWith } from '../../support/scripted-setup.js';
import { estargzLayer, zstdChunkedLayer, type SeekableFile } from '../../support/seekable-layers.js';
import { temporaryFolder, type Scope } from '../../support/temp.js';

const HOST = { os: 'linux', architecture: 'amd64' };

interface LookedAt {
  readonly name: string;
  readonly server: ScriptedRegistry;
  readonly options: FilesOptions & { readonly temporaryFolder: string };
  readonly notices: PlaceNotice[];
  readonly events: CopyEvent[];
  /** The layers that were fetched, by their number, each with the number of bytes that were asked for. */
  readonly fetched: () => readonly (readonly [layer: number, bytes: number])[];
}

/** A layer and, where it has a table of contents, what the manifest says of it. */
type AnyLayer = TestLayer & { readonly annotations?: Readonly<Record<string, string>> };

function imageWith(layers: readonly AnyLayer[]): TestImage {
  const described = layers.map(({ blob: { digest, size }, annotations }) => ({
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest,
    size,
    ...(annotations && { annotations }),
  }));
  return image({ layers, manifest: { layers: described } });
}

async function lookAt(scope: Scope, layers: readonly AnyLayer[]): Promise<LookedAt> {
  const server = await startScriptedRegistry(scope);
  const made = imageWith(layers);
  for (const [digest, content] of made.blobs) server.blobs.set(digest, await bytesOf(content));
  server.manifests.set('1', { type: made.descriptor.mediaType, bytes: made.bytes });
  server.manifests.set(made.descriptor.digest, { type: made.descriptor.mediaType, bytes: made.bytes });
  const client = createClient({ clock: systemClock });
  scope.after(() => client.close());
  const notices: PlaceNotice[] = [];
  const events: CopyEvent[] = [];
  return {
    server,
    name: `${server.host}/app:1`,
    options: {
      client,
      hostPlatform: HOST,
      temporaryFolder: await temporaryFolder(scope),
      onNotice: (notice) => notices.push(notice),
      onEvent: (event) => events.push(event),
    },
    notices,
    events,
    fetched: () =>
      server.requests.flatMap(({ path, headers }) => {
        const at = layers.findIndex(({ blob }) => path.endsWith(blob.digest));
        const [, from = '0', last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
        const size = layers[at]?.blob.size ?? 0;
        return at < 0 ? [] : [[at, (last ? Number(last) + 1 : size) - Number(from)] as const];
      }),
  };
}

function bytesOf(content: TestContent): Promise<Buffer> {
  return buffer(content.open());
}

async function cat(name: string, options: FilesOptions, ...paths: readonly string[]): Promise<string> {
  const seen: string[] = [];
  await readFiles(name, { ...options, paths }, async ({ path, size, bytes }) => {
    const content = await buffer(bytes);
    assert.equal(content.length, size);
    seen.push(`${path}=${content.toString()}`);
  });
  return seen.join(' ');
}

const paths = (files: readonly ListedFile[]): string => files.map(({ path }) => path).join(' ');

const DIRECTORY = { type: 'directory' } as const;

const LAYERS = [
  await layer({ 'etc/': DIRECTORY, 'etc/old': 'old', 'etc/hosts': 'one', 'usr/': DIRECTORY, 'usr/x': 'x' }),
  await layer({ 'etc/': DIRECTORY, 'etc/.wh.old': '', 'etc/l': { type: 'symlink', linkname: '../usr/x' } }),
  await layer({ 'etc/': { type: 'directory', mode: 0o700 }, 'etc/hosts': 'two' }),
];

const BIG = randomBytes(5_000_000);
const SEEKABLE: readonly SeekableFile[] = [
  { name: 'usr/', type: 'directory' },
  { name: 'usr/big', content: BIG },
  { name: 'usr/small', content: 'small\n' },
  { name: 'usr/link', type: 'symlink', linkname: 'small' },
];

function withoutDigests(records: Record<string, unknown>[]): void {
  for (const record of records) delete record['digest'];
}

suite('the files of an image', () => {
  test('are listed as a container sees them, or below a path, or as one layer has them', async (t) => {
    const { name, options, events } = await lookAt(t, LAYERS);
    const all = await listFiles(name, options);
    assert.equal(paths(all), '/etc /etc/hosts /etc/l /usr /usr/x');
    const [etc, hosts, link] = all;
    const digests = LAYERS.map(({ blob }) => blob.digest);
    const common = { uid: 0, gid: 0, mtime: 0 };
    assert.deepEqual(etc, {
      path: '/etc',
      type: 'directory',
      mode: 0o700,
      size: 0,
      ...common,
      layer: digests[2],
    });
    assert.deepEqual(hosts, {
      path: '/etc/hosts',
      type: 'file',
      mode: 0o644,
      size: 3,
      ...common,
      layer: digests[2],
    });
    assert.deepEqual(
      { ...link, mode: 0 },
      { path: '/etc/l', type: 'symlink', mode: 0, size: 0, ...common, target: '../usr/x', layer: digests[1] },
    );
    const kinds = events.map(({ type, descriptor }) => `${type} ${digests.indexOf(descriptor.digest)}`);
    for (const at of [0, 1, 2]) assert.ok(kinds.includes(`found ${at}`) && kinds.includes(`done ${at}`));

    assert.equal(paths(await listFiles(name, { ...options, path: '/' })), '/etc /usr');
    assert.equal(paths(await listFiles(name, { ...options, path: 'etc/' })), '/etc/hosts /etc/l');
    assert.equal(paths(await listFiles(name, { ...options, path: '/', recursive: true })), paths(all));
    assert.equal(paths(await listFiles(name, { ...options, path: '/etc/l' })), '/etc/l');
    assert.equal(paths(await listFiles(name, { ...options, layer: '1' })), '/etc /etc/.wh.old /etc/l');
    const byDigest = { ...options, layer: (digests[0] ?? '').slice(0, 20), path: 'usr' };
    assert.equal(paths(await listFiles(name, byDigest)), '/usr /usr/x');
    const matching = async (...match: readonly string[]): Promise<string> =>
      paths(await listFiles(name, { ...options, match }));
    assert.equal(await matching('h*'), '/etc/hosts');
    assert.equal(await matching('*/l', 'x'), '/etc/l /usr/x');
    assert.equal(await matching('/^.usr/'), '/usr /usr/x');
    assert.equal(paths(await listFiles(name, { ...options, match: ['*s'], path: '/' })), '/etc/hosts');
    await assert.rejects(matching('/(/'), failsWith('INVALID_ARGUMENT', /is not a valid regular expression/));
    for (const layer of ['3', '-1', 'sha256:', 'abcdef'])
      await assert.rejects(
        listFiles(name, { ...options, layer }),
        failsWith('INVALID_ARGUMENT', /has no layer/),
      );
    await assert.rejects(
      listFiles(name, { ...options, path: '/etc/old' }),
      failsWith('NOT_FOUND', /^cannot list the files of .*app:1: it has no "\/etc\/old"$/),
    );
  });

  test('are read from the top, and no more layers than it takes', async (t) => {
    const { name, options, fetched } = await lookAt(t, LAYERS);
    assert.equal(await cat(name, options, '/etc/hosts'), '/etc/hosts=two');
    assert.deepEqual(
      fetched().map(([at]) => at),
      [2],
    );
    await assert.rejects(cat(name, options, 'etc/old'), failsWith('NOT_FOUND', /it has no "etc\/old"$/));
    assert.deepEqual(
      fetched().map(([at]) => at),
      [2, 2, 1],
      'a whiteout says enough',
    );
    assert.equal(await cat(name, options, '/etc/l', 'etc/../etc/hosts'), '/usr/x=x /etc/hosts=two');
    assert.deepEqual(
      fetched()
        .map(([at]) => at)
        .slice(3),
      [2, 1, 0],
      'and none twice',
    );
  });

  test('are found below many layers, of which a tenth more than decide are read', async (t) => {
    const layers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => layer({ 'etc/': DIRECTORY, [`etc/${at}`]: `${at}` })),
    );
    const { name, options, fetched } = await lookAt(t, layers);
    assert.equal(await cat(name, options, '/etc/15'), '/etc/15=15');
    const lowest = Math.min(...fetched().map(([at]) => at));
    assert.ok(lowest <= 15 && lowest >= 12, `${lowest}`);
    assert.equal(await cat(name, options, '/etc/0'), '/etc/0=0');
  });

  test('that are no files are not read', async (t) => {
    const { name, options } = await lookAt(t, [
      await layer({
        'dev/null': { type: 'character-device', devmajor: 1, devminor: 3 },
        'a/b': 'b',
        gone: { type: 'symlink', linkname: 'a/c' },
        hard: { type: 'link', linkname: 'nothing' },
      }),
    ]);
    const refused: readonly (readonly [
      path: string,
      code: 'INVALID_ARGUMENT' | 'NOT_FOUND',
      message: RegExp,
    ])[] = [
      ['/a', 'INVALID_ARGUMENT', /"\/a" is a directory$/],
      ['/', 'INVALID_ARGUMENT', /"\/" is a directory$/],
      ['/dev/null', 'INVALID_ARGUMENT', /is a device$/],
      ['/hard', 'INVALID_ARGUMENT', /is a hard link to nothing$/],
      ['/gone', 'NOT_FOUND', /it has no "\/gone": there is no "\/a\/c"$/],
      ['/a/b/c', 'NOT_FOUND', /it has no "\/a\/b\/c"/],
    ];
    for (const [path, code, message] of refused)
      await assert.rejects(cat(name, options, path), failsWith(code, message));
    await assert.rejects(
      listFiles((await lookAt(t, [])).name, { ...options, path: '/x' }),
      failsWith('NOT_FOUND'),
    );
  });

  test('may come several times in a layer: the last one counts, and a link to an earlier one leads there', async (t) => {
    const one = await layer({ 'a/x': 'first', link: { type: 'link', linkname: 'a/x' } });
    const two = await layer({ 'a/x': 'second and longer' });
    const both = bytesContent(
      Buffer.concat([(await bytesOf(one.tar)).subarray(0, 1536), await bytesOf(two.tar)]),
    );
    const { name, options, fetched } = await lookAt(t, [{ tar: both, blob: both }]);
    assert.equal(await cat(name, options, '/a/x'), '/a/x=second and longer');
    assert.equal(await cat(name, options, '/link'), '/link=first');
    assert.equal(fetched().length, 2);
  });

  test('may come so often in a layer that they are more than is kept in memory', async (t) => {
    const content = Buffer.alloc(7 * 1024 * 1024, 'x');
    const tar = bytesContent(rawTar(Array.from({ length: 12 }, () => ({ name: 'a/x', content }))));
    const { name, options } = await lookAt(t, [{ tar, blob: tar }]);
    const onDisk = t.mock.method(Scratch.prototype, 'append');
    assert.equal(await cat(name, options, '/a/x'), `/a/x=${content.toString()}`);
    assert.equal(onDisk.mock.callCount(), 3);
  });

  test('that are large, and links by another name lead to, cost a second reading', async (t) => {
    const content = randomBytes(100_000).toString('hex');
    const { name, options, fetched } = await lookAt(t, [
      await layer({
        'usr/': DIRECTORY,
        'usr/large': content,
        link: { type: 'symlink', linkname: 'usr/large' },
      }),
    ]);
    assert.equal(
      await cat(name, options, '/link', '/usr/large'),
      `/usr/large=${content} /usr/large=${content}`,
    );
    assert.equal(fetched().length, 1, 'not where it is asked for, too');
    assert.equal(await cat(name, options, '/link'), `/usr/large=${content}`);
    assert.equal(fetched().length, 3);
  });

  test('are not waited for where one of the layers fails', async (t) => {
    const { name, options, server } = await lookAt(t, LAYERS);
    const [first, second] = LAYERS.map(({ blob }) => blob.digest);
    const silent = new Promise<void>((resolve) => {
      server.quirk(new RegExp(`GET .*${first}`), ({ response }) => void response.on('close', resolve));
    });
    server.quirk(new RegExp(`GET .*${second}`), (exchange) => reply(exchange, 404));
    await assert.rejects(listFiles(name, options), failsWith('NOT_FOUND'));
    await silent;
  });

  test('are not read where a byte of the layer is wrong, even one behind them', async (t) => {
    const { name, options, server } = await lookAt(t, LAYERS);
    const digest = LAYERS[2]?.blob.digest ?? '';
    const bytes = Buffer.from(server.blobs.get(digest) ?? '');
    bytes[4] = (bytes[4] ?? 0) ^ 1;
    server.blobs.set(digest, bytes);
    let isTold = false;
    const reading = readFiles(name, { ...options, paths: ['/etc/hosts'] }, async () => void (isTold = true));
    await assert.rejects(reading, failsWith('DIGEST_MISMATCH'));
    assert.equal(isTold, false);
  });

  test('an artifact has none, and those of a layer that is kept elsewhere are not to be had', async (t) => {
    const { name, options, server } = await lookAt(t, []);
    const layer = { digest: `sha256:${'0'.repeat(64)}`, size: 1 };
    const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    for (const [mediaType, message] of [
      ['text/plain', /: it is not an image: it holds "text\/plain"$/],
      [foreign, /: sha256:000000000000, one of its layers, is kept elsewhere$/],
    ] as const) {
      const layers = [{ ...layer, mediaType, urls: ['https://example.com/x'] }];
      const { bytes, descriptor } = image({ layers: [], manifest: { layers } });
      server.manifests.set('1', { type: descriptor.mediaType, bytes });
      await assert.rejects(listFiles(name, options), failsWith('UNSUPPORTED', message));
    }
  });
});

suite('the files of two images', () => {
  test('are compared by what they are and hold, and layers of both are read once', async (t) => {
    const base = await layer({
      'a/': DIRECTORY,
      'a/same': 'x',
      'a/gone/': DIRECTORY,
      'a/gone/x': 'x',
      'a/was-link': { type: 'symlink', linkname: 'x' },
      'a/rewritten': 'x',
      'a/b': '1',
      mode: 'x',
      owner: 'x',
    });
    const first = await lookAt(t, [base]);
    const upper = await layer({
      'a/': { type: 'directory', mode: 0o711 },
      'a/.wh.gone': '',
      'a/was-link': 'x',
      'a/rewritten': { content: 'x', mtime: new Date(5000) },
      'a/b': '2',
      'a/new/': DIRECTORY,
      'a/new/y': 'yy',
      'a-b': 'sorted behind what is in a',
      mode: { content: 'x', mode: 0o600 },
      owner: { content: 'xx', uid: 7 },
    });
    const made = imageWith([base, upper]);
    for (const [digest, content] of made.blobs) first.server.blobs.set(digest, await bytesOf(content));
    first.server.manifests.set('2', { type: made.descriptor.mediaType, bytes: made.bytes });
    const to = first.name.replace(/1$/, '2');
    const changes = await compareFiles({ from: first.name, to }, first.options);
    const seen = changes.map(({ change, path, aspects = [] }) => [change, path, ...aspects].join(' '));
    assert.deepEqual(seen, [
      'changed /a mode',
      'changed /a/b content',
      'removed /a/gone',
      'removed /a/gone/x',
      'added /a/new',
      'added /a/new/y',
      'changed /a/was-link type',
      'added /a-b',
      'changed /mode mode',
      'changed /owner content owner',
    ]);
    assert.deepEqual(changes[1], {
      change: 'changed',
      path: '/a/b',
      from: { type: 'file', mode: 0o644, uid: 0, gid: 0, size: 1 },
      to: { type: 'file', mode: 0o644, uid: 0, gid: 0, size: 1 },
      aspects: ['content'],
    });
    assert.deepEqual(
      first.fetched().map(([at]) => at),
      [0],
    );
    assert.deepEqual(await compareFiles({ from: to, to }, first.options), []);
    assert.equal(first.fetched().length, 1, 'nothing is read of what is the same');
    const back = await compareFiles({ from: to, to: first.name }, first.options);
    assert.equal(
      back
        .filter(({ change }) => change === 'added')
        .map(({ path }) => path)
        .join(),
      '/a/gone,/a/gone/x',
    );
  });

  test('are the same whichever way layers are compressed', async (t) => {
    const plain = await lookAt(t, [await estargzLayer(SEEKABLE)]);
    for (const [from, to] of [
      [await estargzLayer(SEEKABLE), await zstdChunkedLayer(SEEKABLE, { chunkSize: 500_000 })],
      [await zstdChunkedLayer(SEEKABLE), await zstdChunkedLayer(SEEKABLE, { edit: withoutDigests })],
    ] as const) {
      const images = [imageWith([from]), imageWith([to])] as const;
      for (const [at, made] of images.entries()) {
        for (const [digest, content] of made.blobs) plain.server.blobs.set(digest, await bytesOf(content));
        plain.server.manifests.set(`x${at}`, { type: made.descriptor.mediaType, bytes: made.bytes });
      }
      const names = [0, 1].map((at) => plain.name.replace(/1$/, `x${at}`));
      const changes = await compareFiles({ from: names[0] ?? '', to: names[1] ?? '' }, plain.options);
      assert.deepEqual(
        changes.map(({ path }) => path).filter((path) => path !== '/stargz.index.json'),
        [],
      );
    }
  });
});

for (const [kind, make] of [
  ['eStargz', estargzLayer],
  ['zstd:chunked', zstdChunkedLayer],
] as const) {
  suite(`an image of ${kind}`, async () => {
    const seekable = await make(SEEKABLE, { chunkSize: 1_000_000 });

    test('costs what belongs to the files that are read', async (t) => {
      const { name, options, fetched, events, notices } = await lookAt(t, [seekable, ...LAYERS.slice(2)]);
      assert.equal(await cat(name, options, '/usr/link'), '/usr/small=small\n');
      const bytes = fetched().reduce((sum, [at, count]) => sum + (at === 0 ? count : 0), 0);
      assert.ok(bytes < 80_000, `${bytes} bytes of five million`);
      const listed = await listFiles(name, options);
      assert.equal(
        paths(listed),
        '/etc /etc/hosts ' +
          (kind === 'eStargz' ? '/stargz.index.json ' : '') +
          '/usr /usr/big /usr/link /usr/small',
      );
      assert.deepEqual(await listFiles(name, { ...options, whole: true }), listed);
      assert.equal(await cat(name, options, '/usr/big'), `/usr/big=${BIG.toString()}`);
      assert.deepEqual(notices, []);
      assert.ok(
        events.some(({ type, descriptor }) => type === 'done' && descriptor.size > 5_000_000),
        'of --whole',
      );
    });

    test('is read whole where the registry sends no parts, or the table is a lie', async (t) => {
      const lying = await make(SEEKABLE, { edit: (records) => records.push({ type: 'socket', name: 'x' }) });
      for (const [layer, why] of [
        [seekable, /does not send sha256:[0-9a-f]{12} in parts$/],
        [lying, /entry \d of the table of contents of sha256:[0-9a-f]{12} is of an unknown type$/],
      ] as const) {
        const { name, options, server, notices, fetched } = await lookAt(t, [layer]);
        if (layer === seekable)
          server.quirk(/GET .*blobs/, (exchange) => {
            const digest = exchange.log.path.replace(/^.*\//, '');
            reply(exchange, 200, { body: server.blobs.get(digest) ?? Buffer.alloc(0) });
          });
        assert.equal(await cat(name, options, 'usr/small'), '/usr/small=small\n');
        assert.equal(notices.length, 1);
        assert.match(notices[0]?.message ?? '', /^layer sha256:[0-9a-f]{12} is read from end to end: /);
        assert.match(notices[0]?.message ?? '', why);
        assert.equal(fetched().at(-1)?.[1], layer.blob.size);
      }
    });

    test('is read from the top like any other', async (t) => {
      const { name, options, fetched } = await lookAt(t, [LAYERS[0] as TestLayer, seekable]);
      assert.equal(await cat(name, options, '/usr/small'), '/usr/small=small\n');
      assert.ok(fetched().every(([at]) => at === 1));
    });
  });
}
