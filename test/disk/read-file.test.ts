import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { digestFile } from '../../src/disk/read-file.js';
import { temporaryFolder } from '../support/temp.js';

test('small files that are read one after the other leave signals and timers their turn', async (t) => {
  const path = join(await temporaryFolder(t), 'small');
  await writeFile(path, 'small');
  let turns = 0;
  const count = (): void => {
    turns += 1;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  for (let reads = 0; reads < 300; reads++) await digestFile(path, 'sha256');
  clearImmediate(immediate);
  assert.ok(turns >= 3, `${turns}`);
});
