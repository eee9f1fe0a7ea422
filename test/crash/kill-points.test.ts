/** Kills commands that change the store before each of their system calls that change the disk. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPoints, killAt } from '../support/crash-points.js';
import type { Point } from '../support/crash-points.js';
import {
  ageClaims,
  assertClean,
  assertWhole,
  copyHome,
  readNames,
  smallImage,
} from '../support/crash-store.js';
import { needs } from '../support/programs.js';
import { reg } from '../support/reg.js';
import { startStreamingRegistry } from '../support/streaming-registry.js';
import { createPerson, succeeded } from '../support/person.js';

const first = await smallImage();
const second = await smallImage('second');
const options = { ...needs('strace'), concurrency: 3 };

interface Killed {
  /** Commands that bring the store into the state in which the command is run; `ONE` and `TWO` are the images. */
  readonly before: readonly string[];
  readonly command: string;
  /** How the command may end when a killed one has done its work already. Default: 0. */
  readonly again?: number;
  /** At least so many points are to be found, or the test tests nothing. */
  readonly points: number;
}

const table: readonly Killed[] = [
  { before: [], command: 'pull ONE', points: 30 },
  { before: ['pull ONE'], command: 'pull TWO', points: 12 },
  { before: ['pull ONE'], command: 'tag ONE localhost/other:1', points: 6 },
  { before: ['pull ONE', 'pull TWO'], command: 'rmi TWO', again: 3, points: 4 },
  { before: ['pull ONE', 'pull TWO', 'rmi TWO'], command: 'prune', points: 5 },
];

for (const { before, command, again = 0, points: least } of table) {
  test(
    `killed at any point of "${command}", the store is whole and the next run completes`,
    options,
    async (t) => {
      const [one, two] = await Promise.all([first, second].map((graph) => startStreamingRegistry(t, graph)));
      const args = (text: string): string[] =>
        text.replace('ONE', `${one?.host}/app:1`).replace('TWO', `${two?.host}/app:1`).split(' ');
      const me = await createPerson(t);
      for (const text of before) await me.reg(args(text));
      const old = await readNames(me.home);

      const done = await copyHome(t, me.home);
      const points = (await findPoints(t, done, args(command))).filter(matters);
      const wanted = await readNames(done);
      assert.ok(points.length >= least, `only ${points.length} points`);

      await Promise.all(
        points.map((point) =>
          t.test(`${point.call} ${point.nth} of ${point.path}`, async (t) => {
            const home = await copyHome(t, me.home);
            await killAt(t, point, { home, args: args(command) });
            await assertWhole(t, home, [first, second]);
            const names = JSON.stringify(await readNames(home));
            assert.ok(
              [old, wanted].some((some) => JSON.stringify(some) === names),
              `neither old nor new: ${names}`,
            );

            await ageClaims(home);
            const { code, stderr } = await reg(t, args(command), { home });
            assert.ok([0, again].includes(code ?? -1), stderr);
            assert.deepEqual(await readNames(home), wanted);
            if (code !== 0 || command.startsWith('rmi')) succeeded(await reg(t, ['prune'], { home }));
            await assertClean(home, [first, second]);
          }),
        ),
      );
    },
  );
}

/** To wait for the disk, and to stamp a blob for a prune that may run beside us, changes nothing of note. */
function matters({ call, path }: Point): boolean {
  return call !== 'fsync' && !(call === 'utimensat' && path.startsWith('store/blobs/'));
}
