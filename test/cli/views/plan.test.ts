import assert from 'node:assert/strict';
import { test } from 'node:test';

import { image, layer } from '../../support/images.js';
import { createPerson } from '../../support/person.js';
import { pushGraph } from '../../support/push-graph.js';
import { startServe } from '../../support/serve.js';

test('a dry run prints a table, the fate of the tag, and the sum', async (t) => {
  const { host, origin } = await startServe(t, await createPerson(t));
  const me = await createPerson(t);
  const [one, two] = [
    image({ layers: [await layer({ a: 'one' })] }),
    image({ layers: [await layer({ a: 'one' }), await layer({ b: 'two' })] }),
  ];
  await pushGraph(`${origin}/v2/app`, one, { tag: '1' });
  await pushGraph(`${origin}/v2/app`, two, { tag: '2' });
  await me.reg(['pull', '-q', `${host}/app:1`]);

  const { stdout } = await me.reg(['copy', '--dry-run', `${host}/app:2`, `store:${host}/app:1`]);
  const [head, ...lines] = stdout.trimEnd().split('\n');
  assert.match(head ?? '', /^DIGEST +TYPE +SIZE +PLAN$/);
  const told = lines.map((line) => line.replaceAll(/\b[0-9a-f]{12}\b/g, 'HEX').replaceAll(/ +/g, ' '));
  const size = (line: string): string => line.replaceAll(/[\d.]+ k?B/g, 'SIZE');
  assert.deepEqual(
    told.map(size).sort(),
    [
      `Dry run: SIZE to copy, SIZE already there`,
      `HEX config SIZE copy`,
      `HEX layer SIZE already there`,
      `HEX layer SIZE copy`,
      `HEX manifest SIZE copy`,
      `store:${host}/app:1: would move from sha256:HEX to sha256:HEX`,
    ].sort(),
  );

  const json = await me.reg(['push', '--dry-run', '--json', `${host}/app:1`]);
  const { plan } = JSON.parse(json.stdout) as { plan: { previous: string; bytes: { written: number } } };
  assert.equal(plan.previous, one.descriptor.digest);
  assert.equal(plan.bytes.written, 0);
  const pulled = await me.reg(['pull', '--dry-run', `${host}/app:2`]);
  assert.match(pulled.stdout, /app:2: new, sha256:[0-9a-f]{12}\nDry run: .* to fetch, .* already there\n$/);
});

test('a tag that is not to be moved is a failure of its own kind', async (t) => {
  const { host, origin } = await startServe(t, await createPerson(t));
  const me = await createPerson(t);
  const [one, two] = [
    image({ layers: [await layer({ a: 'one' })] }),
    image({ layers: [await layer({ b: 'two' })] }),
  ];
  await pushGraph(`${origin}/v2/app`, one, { tag: '1' });
  await pushGraph(`${origin}/v2/app`, two, { tag: '2' });
  await me.reg(['pull', '-q', `${host}/app:1`]);
  await me.reg(['tag', `${host}/app:1`, `${host}/app:2`]);
  await me.fails(7, ['push', '--no-clobber', `${host}/app:2`]);
  await me.fails(7, ['push', '--expect-digest', one.descriptor.digest, `${host}/app:2`]);
  await me.fails(2, ['push', '--expect-digest', 'sha256:abc', `${host}/app:2`]);
  await me.fails(2, ['push', '--no-clobber', '--expect-digest', one.descriptor.digest, `${host}/app:2`]);
  await me.reg(['push', '--expect-digest', two.descriptor.digest, `${host}/app:2`]);
  await me.reg(['push', '--no-clobber', `${host}/app:2`]);
});
