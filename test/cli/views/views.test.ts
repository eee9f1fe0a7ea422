/** What the commands that look print, as text: laid out by pure functions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { describeAttestations } from '../../../src/cli/views/attestations.js';
import { describeDiff } from '../../../src/cli/views/diff.js';
import { describeHistory } from '../../../src/cli/views/history.js';
import { describeLayers } from '../../../src/cli/views/layers.js';
import type { Line } from '../../../src/cli/output/layout.js';
import { createOutput } from '../../../src/cli/output/output.js';
import { printDocument } from '../../../src/cli/output/print-document.js';
import { describeReferrers } from '../../../src/cli/views/referrers.js';
import { sizeBar } from '../../../src/cli/views/size-bar.js';
import { describeSizes } from '../../../src/cli/views/size.js';
import { createStyle } from '../../../src/cli/output/style.js';
import { describeTree } from '../../../src/cli/views/tree.js';
import { cutTo, widthOf } from '../../../src/cli/output/width.js';
import type { HistoryStep } from '../../../src/operations/look/history.js';
import type { TreeNode } from '../../../src/operations/look/draw-tree.js';
import { parseDigest } from '../../../src/spec/digest.js';

const EVIL = 'a\u001b[2J\r\n\u202eb\u009b31m';
const PLAIN = createStyle({ NO_COLOR: '1', LANG: 'C' }, 'linux');

function digest(fill: string): ReturnType<typeof parseDigest> {
  return parseDigest(`sha256:${fill.repeat(64)}`);
}

function textOf(lines: readonly Line[]): readonly string[] {
  return lines.map((line) => line.map(({ text }) => text).join(''));
}

function assertFits(lines: readonly string[], width: number): void {
  for (const line of lines) {
    assert.ok(widthOf(line) < width, `${widthOf(line)}: ${line}`);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202e]/);
  }
}

const STEPS: readonly HistoryStep[] = [
  { created: '2026-10-02T10:11:12Z', createdBy: 'CMD ["sh"]', comment: 'buildkit', isEmpty: true, size: 0 },
  {
    created: '2026-10-02T10:11:12.5+02:00',
    createdBy: `RUN /bin/sh -c apt-get   update && ${'x'.repeat(100)} # buildkit`,
    isEmpty: false,
    digest: digest('a'),
    size: 1_500_000,
  },
  {
    created: 'yesterday, or so',
    createdBy: '/bin/sh -c #(nop) ADD file:1 in / ',
    isEmpty: false,
    digest: digest('b'),
    size: 31_400_000,
  },
  { createdBy: '|1 A=b /bin/sh -c make', isEmpty: false },
  { isEmpty: false, digest: digest('c'), size: 5 },
];

test('a history shows instructions, cut to the terminal, and says what is empty, missing or not told', () => {
  const lines = textOf(describeHistory(STEPS, { width: 60, isWhole: false }));
  assert.deepEqual(lines, [
    'CREATED         SIZE   LAYER          CREATED BY',
    '2026-10-02       0 B   empty          CMD ["sh"]',
    '2026-10-02   1.50 MB   aaaaaaaaaaaa   RUN apt-get update &…',
    'yesterday,   31.4 MB   bbbbbbbbbbbb   ADD file:1 in /',
    '                   -   missing        RUN make',
    '                 5 B   cccccccccccc   (not told)',
  ]);
});

test('with room there are comments, and whole nothing is cut or made prettier', () => {
  const [head = ''] = textOf(describeHistory(STEPS, { width: 120, isWhole: false }));
  assert.match(head, /^CREATED +SIZE +LAYER +COMMENT +CREATED BY$/);
  const whole = textOf(describeHistory(STEPS, { width: 80, isWhole: true }));
  assert.ok(whole[2]?.includes(`2026-10-02T10:11:12.5+02:00`) && whole[2].includes(digest('a')));
  assert.ok(whole[2]?.endsWith(`RUN /bin/sh -c apt-get   update && ${'x'.repeat(100)} # buildkit`), whole[2]);
});

test('layers have bars as long as they are large, of what the output can show', () => {
  const layers = [
    { index: 0, digest: digest('a'), mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', size: 1000 },
    {
      index: 1,
      digest: digest('b'),
      mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
      size: 500,
    },
    { index: 2, digest: digest('c'), mediaType: 'text/plain', size: 0 },
  ];
  assert.deepEqual(textOf(describeLayers(layers, { width: 60, style: PLAIN, isWhole: false })), [
    '#   LAYER             SIZE                    TYPE',
    '0   aaaaaaaaaaaa   1.00 kB   ##############   tar+gzip',
    '1   bbbbbbbbbbbb     500 B   #######          tar.gzip',
    '2   cccccccccccc       0 B                    text/plain',
    '3 layers, 1.50 kB',
  ]);
  assert.equal(sizeBar({ part: 1, most: 1000 }, { unicode: true, columns: 10 }), '╸');
  assert.equal(sizeBar({ part: 1000, most: 1000 }, { unicode: true, columns: 3 }), '━━━');
});

test('an image of two thousand layers, and hostile values, stay within the lines', () => {
  const layers = Array.from({ length: 2000 }, (_, index) => ({
    index,
    digest: digest('d'),
    mediaType: `application/${EVIL}${'x'.repeat(300)}`,
    size: Number.MAX_SAFE_INTEGER,
  }));
  const lines = textOf(describeLayers(layers, { width: 80, style: PLAIN, isWhole: false }));
  assert.equal(lines.length, 2002);
  assertFits(lines, 80);
  const step = { created: EVIL, createdBy: EVIL.repeat(50), comment: EVIL, isEmpty: false };
  assertFits(textOf(describeHistory([step], { width: 120, isWhole: false })), 120);
  const image = { digest: digest('a'), reference: EVIL, familiar: EVIL, size: 1 };
  const manifests = [{ digest: digest('a'), kind: 'image' as const, platform: EVIL, size: 1, layers: 1 }];
  assertFits(
    textOf(
      describeSizes({
        images: [
          { ...image, manifests },
          { ...image, manifests },
        ],
        size: 1,
      }),
    ),
    200,
  );
});

test('sizes stand below each other, attestations in one line, and several images have a line each', () => {
  const one = {
    digest: digest('a'),
    reference: 'docker.io/library/app:1',
    familiar: 'app:1',
    size: 1500,
    manifests: [
      { digest: digest('b'), kind: 'image' as const, platform: 'linux/amd64', size: 1000, layers: 2 },
      { digest: digest('c'), kind: 'image' as const, platform: 'linux/arm64', size: 1000, layers: 2 },
      {
        digest: digest('d'),
        kind: 'image' as const,
        platform: 'linux/s390x',
        size: 100,
        layers: 0,
        isMissing: true as const,
      },
      { digest: digest('e'), kind: 'attestation' as const, size: 10, layers: 1 },
      { digest: digest('f'), kind: 'attestation' as const, size: 20, layers: 2 },
    ],
  };
  const rows = [
    'linux/amd64         2   1.00 kB',
    'linux/arm64         2   1.00 kB',
    'linux/s390x         -   missing',
    'attestations        3      30 B',
  ];
  assert.deepEqual(textOf(describeSizes({ images: [one], size: 1500 })), [
    'PLATFORM       LAYERS      SIZE',
    ...rows,
    'Total: 1.50 kB (2.13 kB if nothing were shared)',
  ]);
  assert.deepEqual(textOf(describeSizes({ images: [one, { ...one, familiar: 'app:2' }], size: 5000 })), [
    'PLATFORM         LAYERS      SIZE',
    'app:1',
    ...rows.map((row) => `  ${row}`),
    'app:2',
    ...rows.map((row) => `  ${row}`),
    'Total: 5.00 kB in 2 images',
  ]);
});

const LAYER: TreeNode = {
  kind: 'layer',
  title: 'layer',
  digest: digest('b'),
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  size: 1000,
  children: [],
  referrers: [],
};

test('a tree has a line for each part, below what it belongs to, no wider than the terminal', () => {
  const signature: TreeNode = { ...LAYER, kind: 'signature', title: 'cosign signature', tag: 'sha256-a.sig' };
  const image: TreeNode = {
    ...LAYER,
    kind: 'image',
    title: 'image',
    platform: 'linux/amd64',
    totalSize: 2500,
    children: [LAYER, LAYER],
    referrers: [{ ...signature, kind: 'sbom', title: EVIL, referrers: [signature] }],
  };
  const missing: TreeNode = {
    ...LAYER,
    kind: 'image',
    title: 'image',
    platform: 'linux/arm64',
    isMissing: true,
  };
  const root: TreeNode = {
    ...image,
    kind: 'index',
    title: 'index',
    children: [image, missing, { ...LAYER, isRepeated: true }],
    referrers: [signature],
  };
  const lines = textOf(
    describeTree({ name: 'app:1', root }, { width: 60, style: { ...PLAIN, unicode: true } }),
  );
  assertFits(lines, 60);
  assert.deepEqual(lines, [
    'IMAGE                              DIGEST            SIZE',
    'app:1                              bbbbbbbbbbbb   2.50 kB',
    '├─ linux/amd64                     bbbbbbbbbbbb   2.50 kB',
    '│  ├─ layer tar+gzip               bbbbbbbbbbbb   1.00 kB',
    '│  ├─ layer tar+gzip               bbbbbbbbbbbb   1.00 kB',
    '│  └─ a[2J b31m (by tag)           bbbbbbbbbbbb   1.00 kB',
    '│     └─ cosign signature (by t…   bbbbbbbbbbbb   1.00 kB',
    '├─ linux/arm64 (missing)           bbbbbbbbbbbb   1.00 kB',
    '├─ layer tar+gzip (see above)      bbbbbbbbbbbb   1.00 kB',
    '└─ cosign signature (by tag)       bbbbbbbbbbbb   1.00 kB',
  ]);
  const plain = textOf(describeTree({ name: 'app:1', root }, { width: Infinity, style: PLAIN }));
  assert.deepEqual(plain.slice(5, 7), [
    '|  `- a[2J b31m (by tag)             bbbbbbbbbbbb   1.00 kB',
    '|     `- cosign signature (by tag)   bbbbbbbbbbbb   1.00 kB',
  ]);
  let deep = LAYER;
  for (let depth = 0; depth < 40; depth += 1) deep = { ...deep, referrers: [deep] };
  assertFits(textOf(describeTree({ name: 'app:1', root: deep }, { width: 80, style: PLAIN })), 80);
});

/** What is printed of `bytes` with these flags, on a terminal or not. */
function printed(bytes: string, { isTTY = false, flags = {} } = {}): string {
  const writes: string[] = [];
  const stdout = {
    isTTY,
    columns: 80,
    write: (chunk: string | Uint8Array) => void writes.push(Buffer.from(chunk).toString()),
  };
  const output = createOutput(stdout, flags);
  const io = { stdout, env: {}, platform: 'linux' };
  printDocument({ mediaType: 'text/plain', bytes: Buffer.from(bytes) }, { flags, io, output });
  return writes.join('');
}

test('a document is printed as it is, but laid out and harmless on a terminal', () => {
  const document = '{"a":  "\u009b31m\u202e", "b":[1]}\n';
  assert.equal(printed(document), document);
  assert.equal(printed(document, { flags: { json: true } }), '{"a":"\\u009b31m\\u202e","b":[1]}\n');
  const key = (name: string): string => `  \u001b[36m"${name}"\u001b[0m: `;
  assert.equal(
    printed(document, { isTTY: true }),
    `{\n${key('a')}"\\u009b31m\\u202e",\n${key('b')}[\n    1\n  ]\n}\n`,
  );
  assert.equal(printed('no\u001b[2J\nJSON', { isTTY: true }), 'no[2J\nJSON\n');
  assert.throws(() => printed('no JSON', { flags: { json: true } }), { code: 'INVALID_MANIFEST' });
});

test('text is as wide as a terminal shows it', () => {
  assert.deepEqual(['abc', '日本', 'é', '🚀', '━━'].map(widthOf), [3, 4, 1, 2, 2]);
  assert.deepEqual(
    [cutTo('日本語', 6), cutTo('日本語', 5), cutTo('abc', 2), cutTo('abc', 0)],
    ['日本語', '日本…', 'a…', ''],
  );
});

test('referrers stand below what they refer to, with what they are and when they were made', () => {
  const one = {
    digest: digest('b'),
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    size: 645,
    artifactType: 'application/spdx+json',
    kind: 'sbom' as const,
    title: 'SPDX SBOM',
    annotations: { 'org.opencontainers.image.created': '2026-10-03T10:00:00Z' },
    subject: digest('a'),
  };
  const { annotations: _, ...rest } = one;
  const two = { ...rest, digest: digest('c'), artifactType: 'text/x', title: 'text/x', subject: digest('b') };
  const list = { digest: digest('a'), reference: 'app:1', familiar: 'app:1', referrers: [one, two] };
  assert.deepEqual(textOf(describeReferrers(list, { width: Infinity })), [
    'DIGEST         CREATED       SIZE   WHAT',
    'bbbbbbbbbbbb   2026-10-03   645 B   SPDX SBOM (application/spdx+json)',
    'cccccccccccc                645 B     text/x',
  ]);
});

test('attestations say what they are of, and where they were found', () => {
  const common = { mediaType: 'x', size: 73, kind: 'attestation' as const };
  const one = {
    ...common,
    digest: digest('b'),
    title: 'SLSA provenance v1',
    subject: digest('a'),
    from: 'index' as const,
  };
  const two = { ...one, title: EVIL, subject: digest('c'), from: 'referrers' as const };
  const names = { reference: 'app:1', familiar: 'app:1', digest: digest('a'), platform: 'linux/amd64' };
  assert.deepEqual(textOf(describeAttestations({ ...names, attestations: [one, two] }, { width: 80 })), [
    'DIGEST         SIZE   OF            FROM        WHAT',
    'bbbbbbbbbbbb   73 B   linux/amd64   index       SLSA provenance v1',
    'bbbbbbbbbbbb   73 B   index         referrers   a[2J b31m',
  ]);
});

test('a diff marks what only one image has, in colours, and hostile values harm nobody', () => {
  const from = {
    reference: 'app:1',
    familiar: 'app:1',
    digest: digest('a'),
    mediaType: 'x',
    image: { digest: digest('a'), platform: 'linux/amd64' },
  };
  const to = { ...from, familiar: 'longer/app:2', digest: digest('b') };
  const diff = {
    isEqual: false,
    from,
    to,
    platforms: [
      { platform: 'linux/amd64', change: 'changed' as const, from: digest('a'), to: digest('b') },
      { platform: 'linux/arm64', change: 'same' as const, from: digest('c'), to: digest('c') },
    ],
    config: [
      { field: 'config.Cmd', from: ['sh'], to: ['sh', '-c', 'a b'] },
      { field: 'config.ExposedPorts', key: '80/tcp', to: {} },
      { field: `config.${EVIL}`, key: EVIL, from: { a: EVIL }, to: [1, EVIL] },
    ],
    layers: [
      { change: 'same' as const, digest: digest('d'), mediaType: 'text/x', size: 2_900_000 },
      { change: 'added' as const, digest: digest('e'), mediaType: 'text/x', size: 10 },
    ],
  };
  const lines = describeDiff(diff);
  assert.deepEqual(textOf(lines), [
    '- app:1         sha256:aaaaaaaaaaaa',
    '+ longer/app:2  sha256:bbbbbbbbbbbb',
    '',
    'Platforms',
    '~ linux/amd64  sha256:aaaaaaaaaaaa to sha256:bbbbbbbbbbbb',
    '= linux/arm64  sha256:cccccccccccc',
    '',
    'Config of linux/amd64',
    '- Command           sh',
    '+ Command           ["sh","-c","a b"]',
    '+ Port              80/tcp',
    '- config.a[2J b31m  a[2J b31m',
    '+ config.a[2J b31m  a[2J b31m=[1,"a\\u001b[2J\\r\\nb31m"]',
    '',
    'Layers of linux/amd64',
    '= dddddddddddd  2.90 MB  text/x',
    '+ eeeeeeeeeeee     10 B  text/x',
    'Layers: 1 shared (2.90 MB), 1 added (10 B)',
  ]);
  assert.deepEqual(lines[0]?.map(({ tone }) => tone).filter(Boolean), ['bad', 'bad']);
  assert.deepEqual(textOf(describeDiff({ ...diff, isEqual: true })), [`Both are ${digest('a')}`]);
});
