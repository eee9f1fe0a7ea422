import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { image, layer } from '../../support/images.js';
import { createPerson } from '../../support/person.js';
import { pushGraph } from '../../support/push-graph.js';
import { startServe } from '../../support/serve.js';

test('a sync prints what became of each image, and ends with the code of the worst', async (t) => {
  const { host, origin } = await startServe(t, await createPerson(t));
  const me = await createPerson(t);
  await pushGraph(`${origin}/v2/app`, image({ layers: [await layer({ a: 'app' })] }), { tag: '1' });
  const file = join(me.home, 'mirror.yaml');
  await writeFile(
    file,
    JSON.stringify({
      images: [
        { source: `${host}/app`, to: `${host}/mirror/app` },
        { source: `${host}/none`, to: `${host}/x` },
      ],
    }),
  );
  const { stdout } = await me.fails(3, ['sync', '--keep-going', '--progress', 'none', file]);
  const lines = stdout
    .replaceAll(/ +/g, ' ')
    .replaceAll(/[\d.]+ k?B/g, 'SIZE')
    .split('\n');
  assert.deepEqual(lines, [
    'SOURCE DESTINATION RESULT SIZE',
    `${host}/app:1 ${host}/mirror/app:1 copied SIZE`,
    `${host}/none failed`,
    '',
  ]);
  const json = await me.fails(3, ['sync', '--keep-going', '--json', '--progress', 'none', file]);
  const results = json.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { outcome: string; error?: object });
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ['unchanged', 'failed'],
  );
  assert.deepEqual(Object.keys(results[1]?.error ?? {}), ['code', 'message']);
  await me.fails(2, ['sync', '--shard', '3/2', file]);
});
