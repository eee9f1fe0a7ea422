/** The commands that change what is in a registry, as a person gives them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { image, layer, type TestGraph } from '../support/images.js';
import { createPerson, type Person } from '../support/person.js';
import { pushGraph } from '../support/push-graph.js';
import { startServe } from '../support/serve.js';
import type { Scope } from '../support/temp.js';

async function withImage(
  t: Scope,
  graph: TestGraph,
): Promise<{ readonly me: Person; readonly name: string }> {
  const { host, origin } = await startServe(t, await createPerson(t));
  await pushGraph(`${origin}/v2/team/app`, graph, { tag: '1' });
  return { me: await createPerson(t), name: `${host}/team/app` };
}

test('a tag is set at the registry, and deleted when somebody says so', async (t) => {
  const graph = image({ layers: [await layer({ a: 'app' })] });
  const { me, name } = await withImage(t, graph);
  const { stdout } = await me.reg(['tag', '--remote', '--no-clobber', `${name}:1`, '2', 'latest']);
  assert.equal(stdout, '');
  const refused = await me.fails(2, ['delete', `${name}:2`]);
  assert.match(refused.stderr, /the standard input is not a terminal\. Use --yes\.\n$/);
  const dry = await me.reg(['delete', '--dry-run', `${name}:2`]);
  assert.equal(dry.stdout, `Would untag: ${name}:2\n`);
  assert.equal((await me.reg(['delete', '-y', `${name}:2`])).stdout, `Untagged: ${name}:2\n`);
  await me.fails(3, ['delete', '-y', `${name}:2`]);
  await me.fails(7, ['delete', '-y', `${name}@${graph.descriptor.digest}`]);
  const all = await me.reg(['delete', '--yes', '--all-tags', `${name}:latest`]);
  assert.equal(
    all.stdout,
    `Untagged: ${name}:latest\nUntagged: ${name}:1\nDeleted: ${name}@${graph.descriptor.digest}\n`,
  );
});
