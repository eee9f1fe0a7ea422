/**
 * `npm run soak [-- --minutes N --seed N]`: sets up a fresh clone, then moves images through a network that fails at
 * random, for a few minutes. Plain JavaScript.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp, typescriptCommand } from './support/setup.js';

setUp();
const main = join(root, 'test', 'soak', 'main.ts');
const [command, ...args] = typescriptCommand(main, ...process.argv.slice(2));
const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
