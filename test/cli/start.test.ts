import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { reg } from '../support/reg.js';
import { temporaryFolder, type Scope } from '../support/temp.js';

const DIST = fileURLToPath(new URL('../../dist/cli/', import.meta.url));

/** Writes, at the end of the process, which modules it has loaded. */
const LISTER = `process.on('exit', () => require('node:fs').writeFileSync(process.env.LOADED, JSON.stringify({
  files: Object.keys(require.cache), builtins: process.moduleLoadList })))`;

interface Loaded {
  /** Files of the bundle. */
  readonly files: readonly string[];
  /** What they were made of: `src/cli/main.ts`, `node_modules/commander/index.js`. */
  readonly sources: readonly string[];
  /** Node's own: `net`, `internal/streams/readable`. */
  readonly builtins: readonly string[];
}

test('The version loads one small file, and none of the streams of Node', async (t) => {
  const { files, sources, builtins } = await load(t, ['--version']);
  assert.deepEqual(files, ['main.cjs']);
  assert.ok(sources.length <= 10, sources.join('\n'));
  assert.ok(!builtins.includes('net'));
  assert.deepEqual(packagesOf(sources), []);
  assert.deepEqual(slowOf(builtins), []);
});

test('The help loads the names of the commands, and the options and the code of none', async (t) => {
  const { files, sources, builtins } = await load(t, ['--help']);
  assert.deepEqual(files, ['main.cjs']);
  assert.deepEqual(packagesOf(sources), []);
  assert.ok(!builtins.includes('net'));
  assert.deepEqual(slowOf(builtins), []);
});

test('The digest of a tag, and whatever else is asked of a registry, loads neither the store nor archives', async (t) => {
  const asked = [
    ['digest', ['main.cjs', 'program.cjs', 'registry.cjs']],
    ['layers', ['look.cjs', 'main.cjs', 'program.cjs', 'registry.cjs']],
  ] as const;
  for (const [command, expected] of asked) {
    const { files, sources, builtins } = await load(t, [command, 'localhost:1/app']);
    assert.deepEqual(files, expected);
    assert.deepEqual(packagesOf(sources), ['commander']);
    assert.deepEqual(slowOf(builtins), ['http']);
    assert.deepEqual(
      sources.filter((source) => /^src\/(layout|archive|server)\//.test(source)),
      [],
    );
  }
});

test('A plain pull loads the store beside that, and nothing that only other commands and other hosts need', async (t) => {
  const { files, sources, builtins } = await load(t, ['pull', 'localhost:1/app']);
  assert.deepEqual(files, ['images.cjs', 'main.cjs', 'program.cjs', 'registry.cjs']);
  assert.deepEqual(packagesOf(sources), ['commander']);
  assert.deepEqual(
    sources.filter((source) => /^src\/(archive|tar|rootfs|engine|server)\//.test(source)),
    [],
  );
  const unneeded = ['child_process', 'tls', 'internal/dns/promises', 'internal/modules/esm/module_job'];
  // Node 24 itself begins with the last.
  const least = (await load(t, ['--version'])).builtins;
  assert.deepEqual(
    unneeded.filter((name) => builtins.includes(name) && !least.includes(name)),
    [],
  );
});

async function load(t: Scope, args: readonly string[]): Promise<Loaded> {
  const folder = await temporaryFolder(t);
  const lister = join(folder, 'lister.cjs');
  const loaded = join(folder, 'loaded.json');
  await writeFile(lister, LISTER);
  await reg(t, args, { env: { NODE_OPTIONS: `--require=${lister}`, LOADED: loaded } });
  const { files, builtins } = JSON.parse(await readFile(loaded, 'utf8'));
  const bundled = (files as readonly string[])
    .filter((file) => `${dirname(file)}/` === DIST)
    // A few lines of the bundler's own without a source; and what reads the registries.conf of a machine that has one.
    .filter((file) => !['rolldown-runtime.cjs', 'toml.cjs'].includes(basename(file)));
  const sources = await Promise.all(bundled.map(sourcesOf));
  return {
    files: bundled.map((file) => basename(file)).sort(),
    sources: sources.flat(),
    builtins: (builtins as readonly string[]).map((name) => name.replace('NativeModule ', '')),
  };
}

async function sourcesOf(file: string): Promise<readonly string[]> {
  const { sources } = JSON.parse(await readFile(`${file}.map`, 'utf8'));
  return (sources as readonly string[]).map((source) => source.replace(/^(\.\.\/)+/, ''));
}

function packagesOf(sources: readonly string[]): readonly string[] {
  return [
    ...new Set(sources.flatMap((source) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? [])),
  ].sort();
}

/** Those of Node's modules that cost a millisecond or more. */
function slowOf(builtins: readonly string[]): readonly string[] {
  const slow = [
    'assert',
    'child_process',
    'crypto',
    'http',
    'http2',
    'internal/fs/promises',
    'readline',
    'tls',
    'zlib',
  ];
  return slow.filter((name) => builtins.includes(name));
}
