import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { applyLayer } from '../../src/rootfs/apply.js';
import { MemoryTree } from '../../src/rootfs/memory-tree.js';
import { View } from '../../src/rootfs/view.js';
import type { EntryFacts, EntryType } from '../../src/tar/entry.js';
import { placed, type Placed } from '../../src/tar/layer.js';
import { failsWith } from '../support/scripted-setup.js';

/** `a/` a folder, `a -> b` a symbolic link, `a = b` a hard link, all else a file. */
function entry(text: string, layer = 0): Placed {
  const [, name = '', sign, target = ''] = /^(.*?)(?: (->|=) (.*))?$/.exec(text) ?? [];
  const type: EntryType =
    sign === '->' ? 'symlink' : sign === '=' ? 'hardlink' : name.endsWith('/') ? 'directory' : 'file';
  const facts: EntryFacts = {
    name,
    type,
    target,
    mode: 0o644,
    uid: layer,
    gid: 0,
    mtime: 0,
    size: 0,
    device: [0, 0],
    xattrs: new Map(),
  };
  return placed(facts, 'layer');
}

/** Layers from the lowest up; entries in a layer with blanks between them, in brackets where they have some. */
function viewOf(layers: readonly (readonly string[])[], isWhole = true): View<Placed> {
  const view = new View<Placed>({ isWhole });
  layers.forEach((texts, at) => view.add(texts.map((text) => entry(text, at + 1))));
  return view;
}

/** Each name, and the number of the layer whose file it is. */
function show(view: View<Placed>): string {
  return [...view.below('', { isDeep: true })]
    .map(({ path, file, isFolder }) => `${path}${isFolder ? '/' : ''}:${file?.uid ?? '-'}`)
    .join(' ');
}

const CASES: readonly (readonly [what: string, layers: readonly (readonly string[])[], seen: string])[] = [
  ['an upper file hides a lower one', [['a', 'b'], ['a']], 'a:2 b:1'],
  [
    'directories are merged, and described by the upper layer',
    [
      ['d/', 'd/a'],
      ['d/', 'd/b'],
    ],
    'd/:2 d/a:1 d/b:2',
  ],
  ['a directory that nothing describes is there', [['d/a']], 'd/:- d/a:1'],
  ['the last of several entries in a layer counts', [['a -> x', 'a', 'd', 'd/', 'd/e']], 'a:1 d/:1 d/e:1'],
  ['a file takes the place of a directory', [['d/', 'd/a'], ['d']], 'd:2'],
  ['a directory takes the place of a file', [['d'], ['d/', 'd/a']], 'd/:2 d/a:2'],
  [
    'a directory takes the place of a link',
    [
      ['x/', 'x/a', 'd -> x'],
      ['d/', 'd/b'],
    ],
    'd/:2 d/b:2 x/:1 x/a:1',
  ],
  ['a whiteout hides a file', [['a', 'b'], ['.wh.a']], 'b:1'],
  ['a whiteout hides a directory', [['d/', 'd/a', 'b'], ['.wh.d']], 'b:1'],
  [
    'a whiteout hides nothing of its own layer, before it',
    [
      ['d/', 'd/a'],
      ['d/', 'd/b', '.wh.d'],
    ],
    'd/:2 d/b:2',
  ],
  [
    'nor behind it',
    [
      ['d/', 'd/a'],
      ['.wh.d', 'd/', 'd/b'],
    ],
    'd/:2 d/b:2',
  ],
  ['a whiteout of a file and the file in one layer', [['a'], ['a', '.wh.a']], 'a:2'],
  ['what was hidden does not come back', [['d/', 'd/a'], ['.wh.d'], ['d/']], 'd/:3'],
  [
    'an opaque whiteout hides what is below',
    [
      ['d/', 'd/a'],
      ['d/.wh..wh..opq', 'd/b'],
    ],
    'd/:1 d/b:2',
  ],
  [
    'wherever it stands in its layer',
    [
      ['d/', 'd/a'],
      ['d/b', 'd/.wh..wh..opq'],
    ],
    'd/:1 d/b:2',
  ],
  [
    'an opaque root',
    [
      ['a', 'd/x'],
      ['.wh..wh..opq', 'b'],
    ],
    'b:2',
  ],
  ['a whiteout of what is not there makes no directory', [['a'], ['x/y/.wh.z', 'x/.wh..wh..opq']], 'a:1'],
  ['a whiteout goes by links', [['x/', 'x/a', 'd -> x'], ['d/.wh.a']], 'd:1 x/:1'],
  ['what aufs kept means nothing', [['a', '.wh..wh.plnk/', '.wh..wh.aufs']], 'a:1'],
  [
    'an entry goes by links',
    [['usr/', 'usr/lib/', 'lib -> usr/lib'], ['lib/a']],
    'lib:1 usr/:1 usr/lib/:1 usr/lib/a:2',
  ],
  [
    'and by links to the root, and above it',
    [
      ['x/', 'l -> /x', 'm -> ../../x'],
      ['l/a', 'm/b'],
    ],
    'l:1 m:1 x/:1 x/a:2 x/b:2',
  ],
  ['and by links to what is not there', [['l -> x/y'], ['l/a']], 'l:1 x/:- x/y/:- x/y/a:2'],
  ['a hard link is the file that it names', [['a', 'd/', 'd/b = a']], 'a:1 d/:1 d/b:1'],
  [
    'also one of a lower layer, and after that is gone',
    [['a'], ['b = a'], ['a', 'c = b'], ['.wh.b']],
    'a:3 c:1',
  ],
  ['a hard link to nothing is one', [['b = a']], 'b:-'],
  [
    'names are sorted by their bytes',
    [['b', 'B', 'a', 'é', 'z', '\u{1f600}', '\uff5e']],
    'B:1 a:1 b:1 z:1 é:1 \uff5e:1 \u{1f600}:1',
  ],
  ['a name is what it is', [['__proto__/', '__proto__/constructor']], '__proto__/:1 __proto__/constructor:1'],
];

suite('in the view of an image', () => {
  for (const [what, layers, seen] of CASES) {
    test(what, () => assert.equal(show(viewOf(layers)), seen));
  }

  test('nothing leads out, and nothing goes on for ever', () => {
    const view = viewOf([['a -> /../../etc/x', 'etc/', 'etc/x', 'l -> m', 'm -> l', 'self -> self/x']]);
    assert.deepEqual(pathOf(view, 'a'), 'etc/x');
    assert.deepEqual(pathOf(view, '../../../etc/../etc/./x'), 'etc/x');
    for (const path of ['l', 'm/x', 'self'])
      assert.throws(() => view.find(path), failsWith('UNSAFE_ARCHIVE', /too many symbolic links/));
    assert.throws(
      () => viewOf([['d'], ['d/a']]),
      failsWith('UNSAFE_ARCHIVE', /"d", which is not a directory/),
    );
    assert.throws(() => viewOf([['l -> m', 'm -> l'], ['l/a']]), failsWith('UNSAFE_ARCHIVE'));
    assert.throws(() => viewOf([['a/'.repeat(5000)]]), failsWith('UNSAFE_ARCHIVE', /longer than 4096 bytes/));
    assert.throws(() => viewOf([['./ -> x']]), failsWith('UNSAFE_ARCHIVE', /for the root/));
  });

  test('a path is found by the links in it, the last of which may be left', () => {
    const view = viewOf([['usr/', 'usr/lib/', 'usr/lib/x', 'lib -> usr/lib', 'y -> lib/x', 'h = usr/lib/x']]);
    assert.equal(pathOf(view, '/lib/x'), 'usr/lib/x');
    assert.equal(pathOf(view, 'y'), 'usr/lib/x');
    assert.deepEqual(view.find('y', { follow: false }).kind, 'found');
    assert.deepEqual(view.find('lib/nothing'), { kind: 'absent', path: 'usr/lib/nothing' });
    assert.deepEqual(view.find('h/x').kind, 'absent');
  });
});

const NAMES = [
  'a',
  'a/',
  'a/b',
  'a/b -> ../c',
  'a -> c',
  'c/',
  'c/b',
  'c -> a',
  'c/d/e',
  '.wh.a',
  'c/.wh.b',
  'c/.wh..wh..opq',
  'a/b = c/b',
  'c/b = a/b',
];

type Random = (below: number) => number;

function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

function someLayers(random: Random): readonly (readonly string[])[] {
  return Array.from({ length: 1 + random(4) }, () =>
    Array.from({ length: 1 + random(4) }, () => NAMES[random(NAMES.length)] ?? ''),
  );
}

/** What the upper layers alone let be known; `?` for what depends on those below. */
const PARTIAL: readonly (readonly [layers: readonly (readonly string[])[], path: string, found: string])[] = [
  [[['etc/', 'etc/hosts']], 'etc/hosts', 'etc/hosts'],
  [[['etc/', 'etc/hosts']], 'etc/passwd', '?'],
  [[['etc/', 'etc/hosts']], 'usr', '?'],
  [[['etc/hosts']], 'etc/hosts', '?'],
  [[['etc/hosts']], 'etc', '?'],
  [[['etc/', 'etc/.wh.hosts']], 'etc/hosts', 'absent'],
  [[['etc/.wh.hosts']], 'etc/hosts', '?'],
  [[['.wh.etc']], 'etc/hosts', 'absent'],
  [[['etc/', 'etc/.wh..wh..opq']], 'etc/hosts', 'absent'],
  [[['.wh..wh..opq', 'a']], 'b', 'absent'],
  [[['etc']], 'etc/hosts', 'absent'],
  // What is below "lib" would be somewhere else, were that a link.
  // A folder that is not described may be a link, to wherever.
  [[['etc/', 'etc/hosts'], ['lib/x']], 'etc/hosts', '?'],
  [[['lib/a'], ['lib/', 'lib/b']], 'lib/b', '?'],
  [[['l -> x', 'x']], 'l', 'x'],
  [[['l -> x']], 'l', '?'],
  [[['l -> x'], ['l/a']], 'x/a', '?'],
  [[['h = x']], 'h', '?'],
  [[['x'], ['h = x']], 'h', 'h'],
];

suite('the upper layers alone', () => {
  for (const [layers, path, found] of PARTIAL) {
    test(`${JSON.stringify(layers)} say of ${path}: ${found}`, () => {
      const finding = viewOf(layers, false).find(path);
      assert.equal(
        { found: pathOf(viewOf(layers, false), path), absent: 'absent', unknown: '?' }[finding.kind],
        found,
      );
    });
  }

  test('are never certain of what all layers together deny', () => {
    const random = randomFrom(1);
    let certain = 0;
    for (let round = 0; round < 3000; round++) {
      const layers = someLayers(random);
      for (const path of ['a', 'a/b', 'c', 'c/b', 'c/d', 'c/d/e']) {
        for (let from = 1; from < layers.length; from++) {
          const some = describeFinding(layers.slice(from), path, false);
          if (some === 'unknown') continue;
          const all = describeFinding(layers, path, true);
          // An image that can't be made has no answer.
          if (all === 'refused') continue;
          // The layers are numbered from the first that is known.
          assert.equal(
            some.replace(/\d+$/, (layer) => String(Number(layer) + from)),
            all,
            JSON.stringify({ layers, from, path }),
          );
          certain += 1;
        }
      }
    }
    assert.ok(certain > 1000, `${certain} certain answers`);
  });
});

/** What both ways to lay layers over each other see: each path, with what is there. */
const seenBy = {
  view: (layers: readonly (readonly string[])[]): string =>
    [...viewOf(layers).below('', { isDeep: true })]
      .map(({ path, file, isFolder }) => `${path} ${isFolder || file === undefined ? '/' : whatIs(file)}`)
      .join('\n'),
  async tree(layers: readonly (readonly string[])[]): Promise<string> {
    const tree = new MemoryTree();
    for (const [at, texts] of layers.entries()) {
      const entries = texts.map((text, position) => ({
        ...entry(text, at + 1),
        position,
        content: nothing(),
      }));
      await applyLayer(tree, from(entries));
    }
    return [...tree.items()]
      .filter(({ path }) => path !== '')
      .map(({ path, facts, leaf }) => `${path} ${leaf === undefined ? '/' : whatIs(facts)}`)
      .join('\n');
  },
};

/** Of a hard link to a symbolic one another may be made, so that its layer says nothing. */
function whatIs({ type, target, uid }: Pick<Placed, 'type' | 'target' | 'uid'>): string {
  return type === 'symlink' ? `-> ${target}` : `${type} ${uid}`;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* from<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

test('the view of an image is what would be unpacked', async () => {
  const random = randomFrom(7);
  let same = 0;
  for (let round = 0; round < 2000; round++) {
    const layers = someLayers(random);
    let unpacked: string;
    try {
      unpacked = await seenBy.tree(layers);
    } catch {
      // What can't be unpacked may be looked at.
      continue;
    }
    assert.equal(seenBy.view(layers), unpacked, JSON.stringify(layers));
    same += 1;
  }
  assert.ok(same > 500, `${same} images`);
});

test('a whiteout that stands a hundred times in a layer is looked after once', async (t) => {
  const many = Array.from({ length: 100 }, () => ['a/.wh..wh..opq', '.wh.a', '.wh.b']).flat();
  const layers = [
    ['a/x', 'b/x'],
    ['a/y', 'b/c/y', ...many],
  ];
  const keys = t.mock.method(Map.prototype, 'keys');
  for (const one of [await seenBy.tree(layers), seenBy.view(layers)]) assert.doesNotMatch(one, /x/);
  assert.ok(keys.mock.callCount() < 50, `${keys.mock.callCount()} times`);
});

/** The answer in one word; also that there is no end of links. */
function describeFinding(layers: readonly (readonly string[])[], path: string, isWhole: boolean): string {
  try {
    const finding = viewOf(layers, isWhole).find(path);
    if (finding.kind !== 'found') return finding.kind;
    return `${finding.file?.path} ${finding.file?.type} ${finding.file?.uid}`;
  } catch {
    return isWhole ? 'refused' : 'unknown';
  }
}

function pathOf(view: View<Placed>, path: string): string {
  const finding = view.find(path);
  return finding.kind === 'found' ? finding.path : finding.kind;
}
