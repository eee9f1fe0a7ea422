/** Stores that are not as `reg` left them. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stage } from '../support/hostile/stage.js';
import { filesIn } from '../support/hostile/store-check.js';
import { table, type Case } from '../support/hostile/table.js';

/** A command on a store that holds the image, after something happened to the store. */
function store(name: string, happens: (stage: Stage) => Promise<unknown>, rest: Partial<Case> = {}): Case {
  return {
    name,
    wanted: 8,
    filled: true,
    storeIsSpoiled: true,
    names: 'file',
    arrange: async (stage) => void (await happens(stage)),
    ...rest,
  };
}

function index({ store: folder }: Stage): string {
  return join(folder, 'index.json');
}

/** The path of the large layer in the store. */
function layer({ store: folder, graph }: Stage): string {
  const { digest } = [...graph.blobs.values()].reduce((one, other) => (other.size > one.size ? other : one));
  return join(folder, 'blobs', ...digest.split(':'));
}

table('stores', [
  store(
    '151: the store is a file',
    async (stage) => {
      await rm(stage.store, { recursive: true });
      await writeFile(stage.store, 'x');
    },
    { wanted: 8 },
  ),
  store('151: a directory of the store is a file', async (stage) => {
    await rm(join(stage.store, 'blobs'), { recursive: true });
    await writeFile(join(stage.store, 'blobs'), 'x');
  }),
  store(
    '151: the store is full of other things',
    async (stage) => {
      await rm(stage.store, { recursive: true });
      await mkdir(stage.store);
      await writeFile(join(stage.store, 'diary.txt'), 'x');
    },
    { wanted: 2 },
  ),
  store(
    '152: a blob that was altered is fetched again',
    async (stage) => {
      await chmod(layer(stage), 0o644);
      await writeFile(layer(stage), Buffer.alloc(262_355, 'x'));
    },
    { wanted: 'ok', storeIsSpoiled: undefined },
  ),
  store(
    '152: a blob that was cut off is fetched again',
    async (stage) => {
      await chmod(layer(stage), 0o644);
      await writeFile(layer(stage), 'x');
    },
    { wanted: 'ok', storeIsSpoiled: undefined },
  ),
  store('152: a blob that is gone is fetched again', (stage) => rm(layer(stage)), {
    wanted: 'ok',
    storeIsSpoiled: undefined,
  }),
  store(
    '152: a blob that became a link is not believed',
    async (stage) => {
      const bytes = await readFile(layer(stage));
      await stage.write('elsewhere', bytes);
      await rm(layer(stage));
      await symlink(join(stage.home, 'elsewhere'), layer(stage));
    },
    {
      wanted: 'ok',
      check: async (_, stage) =>
        assert.equal((await readFile(join(stage.home, 'elsewhere'))).length, 262_355),
    },
  ),
  store(
    '152: a blob that became a link is not pushed',
    async (stage) => {
      await stage.write('secret.txt', 'never-send-me');
      await rm(layer(stage));
      await symlink(join(stage.home, 'secret.txt'), layer(stage));
    },
    {
      command: 'push',
      wanted: 8,
      names: 'nothing',
      check: (_, { registry }) => {
        for (const bytes of registry.blobs.values()) assert.ok(!bytes.includes('never-send-me'));
      },
    },
  ),
  ...(
    [
      '',
      '{',
      'null',
      '[]',
      '"x"',
      '{"manifests":{}}',
      '{"schemaVersion":2,"manifests":[null]}',
      '{"schemaVersion":2,"manifests":[{"digest":"../../x","mediaType":"a/b","size":1}]}',
    ] as const
  ).map((text) =>
    store(`153: index.json that says ${text}`, (stage) => writeFile(index(stage), text), {
      check: async (_, stage) => assert.equal(await readFile(index(stage), 'utf8'), text, 'it was replaced'),
    }),
  ),
  store('153: index.json of 50 MiB', (stage) => writeFile(index(stage), Buffer.alloc(50 * 1024 * 1024, ' '))),
  store('153: index.json that is a directory', async (stage) => {
    await rm(index(stage));
    await mkdir(index(stage));
  }),
  store(
    '153: index.json that is a link',
    async (stage) => {
      await stage.write('other.json', await readFile(index(stage)));
      await rm(index(stage));
      await symlink(join(stage.home, 'other.json'), index(stage));
    },
    { wanted: 8 },
  ),
  store(
    '153: a name with terminal escapes in index.json',
    async (stage) => {
      const text = await readFile(index(stage), 'utf8');
      await writeFile(index(stage), text.replace(stage.image, String.raw`\u001b[2J\u009b31mevil`));
    },
    { command: () => ['images'], wanted: 'ok' },
  ),
  store('154: oci-layout that is missing', (stage) => rm(join(stage.store, 'oci-layout')), {
    says: /oci-layout/,
  }),
  store(
    '154: oci-layout of another version',
    (stage) => writeFile(join(stage.store, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}'),
    { says: /2\.0\.0/ },
  ),
  store('154: oci-layout that is broken', (stage) => writeFile(join(stage.store, 'oci-layout'), '{'), {
    says: /oci-layout/,
  }),
  store(
    'what is no partial, in the place of one',
    async (stage) => {
      await rm(layer(stage));
      const [algorithm = '', hex = ''] = layer(stage).split(/[/\\]/).slice(-2);
      const partial = join(stage.store, '.partial', `${algorithm}-${hex}`);
      await mkdir(partial, { recursive: true });
      await writeFile(join(partial, 'x'), 'x');
    },
    { wanted: 'ok' },
  ),
  store(
    'a partial that is a link to a file of ours',
    async (stage) => {
      await stage.write('precious.txt', 'precious');
      await rm(layer(stage));
      const [algorithm = '', hex = ''] = layer(stage).split(/[/\\]/).slice(-2);
      await mkdir(join(stage.store, '.partial'), { recursive: true });
      await symlink(join(stage.home, 'precious.txt'), join(stage.store, '.partial', `${algorithm}-${hex}`));
    },
    {
      wanted: 'ok',
      check: async (_, stage) =>
        assert.equal(await readFile(join(stage.home, 'precious.txt'), 'utf8'), 'precious'),
    },
  ),
  ...['tag', 'rmi', 'verify', 'prune', 'images', 'inspect'].map((command) =>
    store(
      `153: index.json that is broken, before ${command}`,
      (stage) => writeFile(index(stage), '{"manifests":'),
      {
        command: ({ image }) =>
          ({
            tag: ['tag', image, 'localhost/other:1'],
            inspect: ['inspect', '--local', image],
            rmi: ['rmi', image],
          })[command] ?? [command],
        check: async (_, stage) => {
          assert.equal(await readFile(index(stage), 'utf8'), '{"manifests":', 'it was replaced');
          assert.equal((await filesIn(join(stage.store, 'blobs'))).length, 4, 'blobs were removed');
        },
      },
    ),
  ),
  store('a name that is not there', async () => {}, {
    command: () => ['rmi', 'localhost/none:1'],
    wanted: 3,
    names: 'nothing',
    storeIsSpoiled: undefined,
  }),
  store(
    'verify of a blob that was altered says which',
    async (stage) => {
      await chmod(layer(stage), 0o644);
      await writeFile(layer(stage), Buffer.alloc(262_355, 'x'));
    },
    {
      command: () => ['verify'],
      names: 'nothing',
      talks: true,
      check: ({ stdout, stderr }, stage) => {
        assert.match(`${stdout}${stderr}`, new RegExp(layer(stage).slice(-64)));
      },
    },
  ),
]);
