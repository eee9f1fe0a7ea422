import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compareImages } from '../../../src/operations/look/diff.js';
import type { LookOptions } from '../../../src/operations/look/look-at.js';
import { listReferrers } from '../../../src/operations/look/referrers.js';
import type { TreeNode } from '../../../src/operations/look/draw-tree.js';
import { readTree } from '../../../src/operations/look/tree.js';
import {
  attestation,
  image,
  index,
  layer,
  type TestGraph,
  type TestImage,
  type TestLayer,
} from '../../support/images.js';
import { setStage, type Stage } from '../stage.js';

const HOST = { os: 'linux', architecture: 'amd64' };
const ARM = { os: 'linux', architecture: 'arm64' };
const SPDX = 'application/spdx+json';
const NOTATION = 'application/vnd.cncf.notary.signature';

const base = await layer({ base: 'x'.repeat(3000) });

async function setUp(t: Parameters<typeof setStage>[0]): Promise<{
  readonly stage: Stage;
  readonly options: LookOptions;
  readonly push: (tag: string, graph: TestGraph) => Promise<string>;
}> {
  const stage = await setStage(t);
  const push = async (tag: string, graph: TestGraph): Promise<string> => {
    await stage.registry.push('app', tag, graph);
    return `${stage.host}/app:${tag}`;
  };
  return { stage, push, options: { client: stage.client, store: stage.store, hostPlatform: HOST } };
}

/** An artifact about `subject`. */
function about({ descriptor }: TestGraph, artifactType: string): TestImage {
  const { mediaType, digest, size } = descriptor;
  return image({ layers: [base], manifest: { artifactType, subject: { mediaType, digest, size } } });
}

/** A tree in words, with what tells of a part behind a star. */
function words(node: TreeNode, indent = ''): readonly string[] {
  const { title, platform, tag, isRepeated } = node;
  const name = [platform, title, tag === undefined ? '' : 'by tag', isRepeated ? 'again' : '']
    .filter(Boolean)
    .join(' ');
  return [
    `${indent}${name}`,
    ...node.children.flatMap((child) => words(child, `${indent}  `)),
    ...node.referrers.flatMap((teller) => words(teller, `${indent} *`)),
  ];
}

test('a tree has platforms, layers, attestations, referrers of referrers, and what cosign keeps under tags', async (t) => {
  const { stage, options, push } = await setUp(t);
  const amd64 = image({ layers: [base] });
  const arm64 = image({ layers: [base], platform: ARM });
  const made = index([amd64, arm64, attestation(amd64)]);
  const name = await push('1', made);
  const sbom = about(amd64, SPDX);
  await push('sbom', sbom);
  await push('signed', about(sbom, NOTATION));
  const tag = made.descriptor.digest.replace(':', '-');
  await push(`${tag}.sig`, image({ layers: [base], config: { author: 'cosign' } }));
  const { root, reference } = await readTree(name, options);
  assert.equal(reference, name);
  assert.deepEqual(words(root), [
    'index',
    '  linux/amd64 image',
    '    layer',
    '   *BuildKit attestations',
    '   *  SLSA provenance v0.2',
    '   *SPDX SBOM',
    '   * *notation signature',
    '  linux/arm64 image',
    '    layer',
    ' *cosign signature by tag',
  ]);
  const parts = [...made.blobs.values(), ...[...made.manifests.values()].map(({ descriptor }) => descriptor)];
  assert.equal(
    root.totalSize,
    parts.reduce((sum, { size }) => sum + size, 0),
  );
  // Four manifests; lists for index, images, SBOM and signature; three tags each for index and images.
  assert.equal(stage.asked().filter((line) => line.startsWith('GET')).length, 4 + 5 + 9);
  const alone = await readTree(name, { ...options, platform: ARM, withoutReferrers: true });
  assert.deepEqual(words(alone.root), ['linux/arm64 image', '  layer']);
  assert.deepEqual(stage.asked(), ['GET manifests/1', 'GET manifests/DIGEST']);
});

test('what a tree reaches in many ways is shown once', async (t) => {
  const { options, push } = await setUp(t);
  let graph: TestGraph = image({ layers: [base] });
  // Each level doubles what is below it: drawn in full this were a thousand lines.
  for (let depth = 0; depth < 10; depth += 1) graph = index([graph, { ...graph, manifests: new Map() }]);
  const { root } = await readTree(await push('1', graph), options);
  assert.equal(words(root).length, 22);
  assert.match(words(root).at(-1) ?? '', /index again$/);
});

test('referrers are listed by type, and with what refers to them', async (t) => {
  const { stage, options, push } = await setUp(t);
  const made = image({ layers: [base] });
  const name = await push('1', made);
  const sbom = about(made, SPDX);
  const signature = about(sbom, NOTATION);
  await push('sbom', sbom);
  await push('signed', signature);
  const { referrers, digest } = await listReferrers(name, options);
  assert.equal(digest, made.descriptor.digest);
  assert.deepEqual(referrers, [
    {
      digest: sbom.descriptor.digest,
      mediaType: sbom.descriptor.mediaType,
      size: sbom.descriptor.size,
      artifactType: SPDX,
      kind: 'sbom',
      title: 'SPDX SBOM',
      subject: made.descriptor.digest,
    },
  ]);
  assert.equal(stage.asked().length, 2);
  const all = await listReferrers(name, { ...options, isRecursive: true });
  assert.deepEqual(
    all.referrers.map(({ title, subject }) => [title, subject]),
    [
      ['SPDX SBOM', made.descriptor.digest],
      ['notation signature', sbom.descriptor.digest],
    ],
  );
  const some = await listReferrers(name, { ...options, isRecursive: true, artifactType: NOTATION });
  assert.deepEqual(
    some.referrers.map(({ digest: each }) => each),
    [signature.descriptor.digest],
  );
  await assert.rejects(listReferrers(`store:${name}`, options), { code: 'NOT_FOUND' });
});

const RUN = { Env: ['A=1', 'B=2'], Cmd: ['sh'], Labels: { v: '1' }, ExposedPorts: { '80/tcp': {} } };

function app(layers: readonly TestLayer[], run: object, rest: object = {}): TestImage {
  return image({ layers, config: { config: run, ...rest }, manifest: { annotations: { note: 'x' } } });
}

test('what differs between two images: config by its names, layers as sets', async (t) => {
  const { stage, options, push } = await setUp(t);
  const [one, two] = [await layer({ one: '1' }), await layer({ two: '2' })];
  const from = await push('1', app([base, one], RUN));
  const changed = {
    ...RUN,
    Env: ['A=2', 'B=2', 'C=3'],
    Cmd: ['sh', '-c', 'a b'],
    Labels: {},
    ExposedPorts: undefined,
  };
  const to = await push('2', app([base, two], changed, { author: 'me', history: [] }));
  const { isEqual, config, layers, platforms } = await compareImages({ from, to }, options);
  assert.deepEqual([isEqual, platforms], [false, undefined]);
  assert.deepEqual(config, [
    { field: 'config.Env', key: 'A', from: '1', to: '2' },
    { field: 'config.Cmd', from: ['sh'], to: ['sh', '-c', 'a b'] },
    { field: 'config.Labels', key: 'v', from: '1' },
    { field: 'config.ExposedPorts', key: '80/tcp', from: {} },
    { field: 'config.Env', key: 'C', to: '3' },
    { field: 'author', to: 'me' },
  ]);
  assert.deepEqual(
    layers.map(({ change, digest }) => [change, digest]),
    [
      ['same', base.blob.digest],
      ['removed', one.blob.digest],
      ['added', two.blob.digest],
    ],
  );
  assert.equal(stage.asked().length, 4);
});

test('indexes are compared by platform, and one beside a single image by that one’s platform', async (t) => {
  const { options, push } = await setUp(t);
  const amd64 = app([base], RUN);
  const arm64 = image({ layers: [base], platform: ARM });
  const other = image({ layers: [base], platform: ARM, config: { author: 'me' } });
  const s390x = image({ layers: [base], platform: { os: 'linux', architecture: 's390x' } });
  const from = await push('1', index([amd64, arm64, attestation(amd64)]));
  const to = await push('2', index([amd64, other, s390x]));
  const both = await compareImages({ from, to }, options);
  assert.deepEqual(
    both.platforms?.map(({ platform, change }) => [platform, change]),
    [
      ['linux/amd64', 'same'],
      ['linux/arm64', 'changed'],
      ['linux/s390x', 'added'],
    ],
  );
  assert.deepEqual([both.isEqual, both.config, both.from.image?.platform], [false, [], 'linux/amd64']);
  const arm = await compareImages({ from, to }, { ...options, platform: ARM });
  assert.deepEqual([arm.platforms, arm.config], [undefined, [{ field: 'author', to: 'me' }]]);
  const amd = await compareImages({ from, to }, { ...options, platform: HOST });
  assert.equal(amd.isEqual, true);
  const single = await push('3', other);
  const beside = await compareImages({ from, to: single }, options);
  assert.deepEqual([beside.from.image?.digest, beside.config], [arm64.descriptor.digest, arm.config]);
});

test('what has no config for images, or none for this machine, is compared all the same', async (t) => {
  const { options, push } = await setUp(t);
  const made = image({ layers: [base] });
  const [config] = [JSON.parse(made.bytes.toString()) as { config: object }].map((each) => each.config);
  const artifact = image({ layers: [base], manifest: { config: { ...config, mediaType: 'text/plain' } } });
  const from = await push('1', artifact);
  const to = await push('2', index([image({ layers: [base], platform: ARM })]));
  const { config: changes, layers, to: second } = await compareImages({ from, to }, options);
  assert.deepEqual(
    changes.map(({ field }) => field),
    ['config'],
  );
  assert.deepEqual([layers.map(({ change }) => change), second.image], [['removed'], undefined]);
});
