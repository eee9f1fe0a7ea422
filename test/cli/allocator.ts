/** Makes many objects that live for a moment, with the limit or without, and prints how many bytes V8 keeps for such. */

import { argv, stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';

import { limitYoungMemory } from '../../src/cli/young-memory.js';

if (argv[2] === 'limited') limitYoungMemory();
await sleep(100);
let alive: object[] = [];
for (let count = 0; count < 3_000_000; count++) {
  alive.push({ count });
  if (alive.length > 20_000) alive = alive.slice(10_000);
}
const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
stdout.write(String(young?.space_size));
