import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { candidatesFor } from '../../../src/cli/completion/candidates.js';
import { COMMAND_GROUPS } from '../../../src/cli/define/commands.js';
import { bareEnvironment, startChild } from '../../support/child.js';
import { writeLayout } from '../../support/image-files.js';
import { image } from '../../support/images.js';
import { needs, programPath } from '../../support/programs.js';
import { temporaryFolder } from '../../support/temp.js';

const ENTRIES = COMMAND_GROUPS.flatMap(({ commands }) => commands);

/** What could stand in place of the last word. */
async function after(...words: readonly string[]): Promise<readonly string[]> {
  const images = async (): Promise<readonly string[]> => ['nginx:latest', 'ghcr.io/owner/app:1'];
  return (await candidatesFor(words, { entries: ENTRIES, images })).map(({ value }) => value);
}

test('commands, options, their values and images of the store come next where they can', async () => {
  const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
    [['sa'], ['save']],
    [['auth', ''], ['get']],
    [['no', ''], []],
    [['pull', '--plat'], ['--platform']],
    [['pull', '-q', '--all-t'], ['--all-tags']],
    [
      ['tags', '--sort', ''],
      ['name', 'semver', 'created'],
    ],
    [['tags', '--sort', 's'], ['semver']],
    [['tags', '--limit', ''], []],
    [['serve', '--log', 'j'], ['json']],
    [
      ['rmi', ''],
      ['nginx:latest', 'ghcr.io/owner/app:1'],
    ],
    [['rmi', 'nginx:latest', 'gh'], ['ghcr.io/owner/app:1']],
    [['save', '-o', 'file', 'nginx:'], ['nginx:latest']],
    [['save', '-o', 'n'], []],
    [['push', 'nginx:latest', ''], []],
    [['rmi', '--', '-'], []],
    [['completion', 'b'], ['bash']],
    [['login', ''], []],
  ];
  for (const [words, expected] of cases) assert.deepEqual(await after(...words), expected, words.join(' '));
  assert.ok((await after('')).length === ENTRIES.length);
  assert.ok((await after('pull', '--')).includes('--debug'));
});

const REG = fileURLToPath(new URL('../../../bin/reg.js', import.meta.url));

test('bash completes what is typed, with colons and at the end of the line', needs('bash'), async (t) => {
  const folder = await temporaryFolder(t);
  const script = join(folder, 'try.sh');
  const lines = ['reg ta', 'reg tags --sort ', 'reg rmi nginx:l', 'reg doctor nothing'];
  const store = join(folder, 'store');
  await writeFile(
    script,
    [
      `reg() { ${JSON.stringify(execPath)} ${JSON.stringify(REG)} "$@"; }`,
      'eval "$(reg completion bash)"',
      'complete -p reg',
      ...lines.flatMap((line) => [
        `COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDBREAKS=' :'; _reg`,
        'printf "%s\\n" "${#COMPREPLY[@]} ${COMPREPLY[*]}"',
      ]),
    ].join('\n'),
  );
  const env = { ...bareEnvironment(), HOME: folder, REG_STORE: store };
  await writeLayout(store, { 'docker.io/library/nginx:latest': image({ layers: [] }) });
  const child = await startChild(t, [programPath('bash'), '--norc', script], { env });
  const { stdout, stderr } = await child.ended;
  assert.equal(stderr, '');
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    'complete -o default -F _reg reg',
    '2 tag tags',
    '3 name semver created',
    '1 latest',
    '0',
  ]);
});
