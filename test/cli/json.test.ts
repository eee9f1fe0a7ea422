/** The README's tables of what `--json` prints: every command stands there, and prints just what stands there. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';

import { COMMAND_GROUPS } from '../../src/cli/define/commands.js';
import type { CommandEntry } from '../../src/cli/define/entry.js';
import { runProgram } from '../../src/cli/program.js';
import { bytesContent } from '../support/contents.js';
import { startHubSearch } from '../support/hub-search.js';
import { image, index, layer, type TestGraph } from '../support/images.js';
import { assertShape, parseShape, type Shape } from '../support/json-shape.js';
import { createPerson, type Person } from '../support/person.js';
import { pushGraph } from '../support/push-graph.js';
import { startServe } from '../support/serve.js';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const TABLE = /^\| `--json` of \|.*\n\| --- .*\n((?:\|.*\n)+)/gm;

const QUIET = /^\| `-q` of \|.*\n\| --- .*\n((?:\|.*\n)+)/gm;

/** The cells of each command's row. */
function rowsOf(table: RegExp): ReadonlyMap<string, readonly [first: string, second: string]> {
  const rows = [...README.matchAll(table)].flatMap(([, text = '']) => text.trimEnd().split('\n'));
  return new Map(
    rows.flatMap((row) => {
      const [, commands = '', said = ''] = /^\| (.*?) \| (.*) \|$/.exec(row) ?? [];
      return [...commands.matchAll(/`([^`]+)`/g)].map(([, name = '']) => [name, [commands, said]] as const);
    }),
  );
}

const ROWS = rowsOf(TABLE);

/** Where a shape is written out, as in the rows of this file's commands. */
function shapeOf(command: string): Shape {
  const [, text = ''] = /^`([^`]*)`/.exec(ROWS.get(command)?.[1] ?? '') ?? [];
  return parseShape(text);
}

async function help(path: string): Promise<string> {
  const texts: string[] = [];
  const stdout = { write: (text: string | Uint8Array) => void texts.push(String(text)) };
  await runProgram([...path.split(' '), '--help'], { stdout, run: () => assert.fail('a command was run') });
  return texts.join('');
}

function leaves(entries: readonly CommandEntry[], above = ''): readonly string[] {
  return entries.flatMap((entry) =>
    'commands' in entry ? leaves(entry.commands, `${above}${entry.name} `) : [`${above}${entry.name}`],
  );
}

test('the README has the keys of every command that prints JSON', async () => {
  const missing: string[] = [];
  for (const name of leaves(COMMAND_GROUPS.flatMap(({ commands }) => commands)))
    if ((await help(name)).includes(' --json ') && !ROWS.has(name)) missing.push(name);
  assert.deepEqual(missing, [], 'give it a row in a table that begins with "| `--json` of |"');
});

test('the README says what -q leaves of every command that has it, and names those that print results without it', async () => {
  const told = new Map([...rowsOf(QUIET)].map(([name, [row]]) => [name, !row.startsWith('none for ')]));
  const there = new Map<string, boolean>();
  for (const name of leaves(COMMAND_GROUPS.flatMap(({ commands }) => commands))) {
    const page = await help(name);
    if (page.includes(' --json ') || told.has(name)) there.set(name, page.includes(' -q, --quiet '));
  }
  assert.deepEqual(told, there);
});

interface World {
  readonly me: Person;
  readonly host: string;
  readonly search: readonly string[];
}

function sbomOf({ descriptor: { mediaType, digest, size } }: TestGraph): TestGraph {
  const content = bytesContent(Buffer.from('{}'));
  const artifactType = 'application/spdx+json';
  const manifest = {
    artifactType,
    subject: { mediaType, digest, size },
    layers: [{ mediaType: artifactType, digest: content.digest, size: content.size }],
  };
  const made = image({ layers: [], manifest });
  return { ...made, blobs: new Map([...made.blobs, [content.digest, content]]) };
}

const hooks: (() => Promise<void> | void)[] = [];
let world: World;

before(async () => {
  const scope = { after: (hook: () => Promise<void> | void) => void hooks.push(hook) };
  const me = await createPerson(scope);
  const { host, origin } = await startServe(scope, await createPerson(scope));
  const config = { config: { Cmd: ['sh'], Labels: { a: 'b' }, Env: ['A=b'] } };
  const made = image({ layers: [await layer({ app: 'app' })], config });
  const graph = index([made], { annotations: { 'org.example.a': 'b' } });
  await pushGraph(`${origin}/v2/app`, graph, { tag: '1' });
  const sbom = sbomOf(graph);
  await pushGraph(`${origin}/v2/app`, sbom, { tag: sbom.descriptor.digest });
  await writeFile(join(me.home, 'sync.yaml'), `images: [{ source: ${host}/app, to: ${host}/mirror }]`);
  const auth = Buffer.from('alice:secret').toString('base64');
  await mkdir(dirname(me.dockerConfig));
  await writeFile(me.dockerConfig, JSON.stringify({ auths: { [host]: { auth } } }));
  const { flags } = await startHubSearch(scope, [{ name: 'nginx' }]);
  world = { me, host, search: flags };
});
after(async () => {
  for (const hook of hooks.toReversed()) await hook();
});

/** Command lines, those at once that need nothing of each other; `HOST` is a registry. */
const STAGES: readonly (readonly string[])[] = [
  ['pull HOST/app:1'],
  [
    'pull --dry-run HOST/app:1',
    'push --from store:HOST/app:1 HOST/two:1',
    'push --dry-run --from store:HOST/app:1 HOST/three:1',
    'copy --dry-run HOST/app:1 HOST/four:1',
    'copy HOST/app:1 HOST/five:1',
    'save HOST/app:1 -o images.tar',
    'edit --label a=b HOST/app:1 -o HOST/six:1',
    'annotate --dry-run HOST/app:1 a=b',
    'unpack HOST/app:1 unpacked',
    'export HOST/app:1 -o exported.tar',
    'sync sync.yaml',
  ],
  ['load -i images.tar', 'index create HOST/six:2 HOST/app:1'],
  [
    'index add HOST/six:2 HOST/six:1',
    'images',
    'digest HOST/app:1',
    'inspect HOST/app:1',
    'files HOST/app:1',
    'manifest HOST/app:1',
    'history HOST/app:1',
    'layers HOST/app:1',
    'size HOST/app:1 HOST/six:1',
    'tree HOST/app:1',
    'referrers HOST/app:1',
    'attestations --predicate spdx HOST/app:1',
    'diff HOST/app:1 HOST/six:1',
    'tags HOST/app',
    'tags --sort created HOST/app',
    'catalog HOST',
    'search nginx',
    'limits HOST/app:1',
    'verify',
    'delete --dry-run HOST/app:1',
    'doctor HOST/app:1',
    'ref HOST/app:1',
    'whoami HOST',
    'version',
  ],
  ['rmi HOST/app:1', 'prune --dry-run'],
];

test('every command prints the keys that the README has, and no others', async () => {
  for (const lines of STAGES) await Promise.all(lines.map(checkLine));
});

async function checkLine(line: string): Promise<void> {
  const { me, host, search } = world;
  const args = [...line.replaceAll('HOST', host).split(' '), ...(line.startsWith('search') ? search : [])];
  const [first = '', second = ''] = args;
  const command = ROWS.has(`${first} ${second}`) ? `${first} ${second}` : first;
  const shape = shapeOf(command);
  const { stdout } = await me.reg([...args, '--json'], { cwd: me.home });
  for (const printed of stdout.trimEnd().split('\n')) {
    const value: Readonly<Record<string, unknown>> = JSON.parse(printed);
    assertShape(value, shape, line);
    if (line.includes('--dry-run') && 'plan' in value) assertShape(value['plan'], shapeOf('plan'), line);
  }
}

test('what is wrong is printed as the README says, too', async () => {
  const { me, host } = world;
  const sync = `images: [{ source: ${host}/nothing, to: ${host}/mirror }]`;
  await writeFile(join(me.home, 'wrong.yaml'), sync);
  const failing: readonly (readonly [number, readonly string[]])[] = [
    [3, ['sync', '--keep-going', '--json', join(me.home, 'wrong.yaml')]],
    [2, ['ref', '--json', 'Upper']],
    [3, ['doctor', '--json', `${host}/nothing:1`]],
  ];
  for (const [code, args] of failing)
    for (const line of (await me.fails(code, args)).stdout.trimEnd().split('\n'))
      assertShape(JSON.parse(line), shapeOf(args[0] ?? ''), args.join(' '));
});
