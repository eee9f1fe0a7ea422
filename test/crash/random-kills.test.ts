/** Kills commands at moments that nobody chose, several times in a row in the same store, as a bad week would. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ageClaims, assertClean, assertWhole, readNames, smallImage } from '../support/crash-store.js';
import type { Names } from '../support/crash-store.js';
import { bigLayer, image } from '../support/images.js';
import { createPerson } from '../support/person.js';
import { storeFolder } from '../support/reg.js';
import { startStreamingRegistry } from '../support/streaming-registry.js';
import type { Scope } from '../support/temp.js';

const ROUNDS = 15;

/** How long a command lives, in milliseconds: from before its first step to, mostly, after its last. */
const [SHORTEST_MS, LONGEST_MS] = [80, 400];

const graphs = [
  await smallImage('first'),
  await smallImage('second'),
  image({ layers: [await bigLayer(3_000_000, 1), await bigLayer(2_000_000, 2)] }),
];

/** Numbers from 0 to 1 that are the same in each run of the tests: Lehmer's generator. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

describe('a bad week', { concurrency: 2 }, () => {
  for (const seed of [1, 2, 3, 4]) {
    test(`${ROUNDS} commands that are killed one after the other (series ${seed})`, async (t) => {
      const random = createRandom(seed);
      const images = await startRegistries(t);
      const me = await createPerson(t);
      let names: Names = {};
      for (let round = 0; round < ROUNDS; round++) {
        const [image = '', digest = ''] = images[Math.floor(random() * images.length)] ?? [];
        const tag = `localhost/copy:${Math.floor(random() * 3)}`;
        const has = image in names;
        const choices: readonly (readonly [args: readonly string[], wanted: Names])[] = [
          [['pull', image], { ...names, [image]: digest }],
          [['push', image], names],
          [['prune'], names],
          [['tag', image, tag], has ? { ...names, [tag]: digest } : names],
          [['rmi', image], without(names, image)],
        ];
        // Half of them are pulls, which have the most to lose.
        const [args, wanted] = choices[Math.max(0, Math.floor(random() * 10) - 5)] ?? [[], names];
        const child = await me.start(args);
        await sleep(SHORTEST_MS + random() * (LONGEST_MS - SHORTEST_MS));
        child.kill();
        await child.ended;
        await assertWhole(t, me.home, graphs);
        const found = await readNames(me.home);
        assert.ok(
          [names, wanted].some((some) => isDeepStrictEqual(some, found)),
          `after round ${round}, "reg ${args.join(' ')}": ${JSON.stringify(found)}`,
        );
        names = found;
        await ageClaims(storeFolder(me.home));
      }
      for (const [image] of images) await me.reg(['pull', image]);
      await me.reg(['prune']);
      await assertClean(me.home, graphs);
    });
  }

  test('a push that is killed at any request leaves no tag without its blobs, and the next one completes', async (t) => {
    const [graph] = graphs;
    assert.ok(graph !== undefined);
    const [image = ''] = (await startRegistries(t))[0] ?? [];
    const me = await createPerson(t);
    await me.reg(['pull', image]);
    const whole = await startStreamingRegistry(t);
    await me.reg(['tag', image, `${whole.host}/app:1`]);
    await me.reg(['push', `${whole.host}/app:1`]);
    assert.ok(whole.requests.length >= 8, `only ${whole.requests.length} requests`);

    for (let count = 1; count <= whole.requests.length; count++) {
      const registry = await startStreamingRegistry(t);
      const name = `${registry.host}/app:1`;
      await me.reg(['tag', image, name]);
      const child = await me.start(['push', '--concurrency', '1', name]);
      while (registry.requests.length < count && child.process.exitCode === null) await sleep(1);
      child.kill();
      await child.ended;
      const hasAll = [...graph.blobs.keys()].every((digest) => registry.received.has(digest));
      assert.ok(hasAll || registry.manifests.size === 0, 'a tag without its blobs');
      await me.reg(['push', name]);
      assert.equal(registry.manifests.size, 1);
      await me.reg(['rmi', name]);
    }
    await me.reg(['prune']);
    await assertClean(me.home, graphs);
  });
});

/** A registry for each graph: the full name of the image there, and its digest. */
function startRegistries(scope: Scope): Promise<readonly (readonly [name: string, digest: string])[]> {
  return Promise.all(
    graphs.map(async (graph) => {
      const { host } = await startStreamingRegistry(scope, graph);
      return [`${host}/app:1`, graph.descriptor.digest] as const;
    }),
  );
}

function without(names: Names, name: string): Names {
  return Object.fromEntries(Object.entries(names).filter(([other]) => other !== name));
}
