/** `npm run demo`: sets up a fresh clone, then shows the main job on a registry of its own. Plain JavaScript. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp, typescriptCommand } from './support/setup.js';

setUp();
const main = join(root, 'test', 'demo', 'main.ts');
const [command, ...args] = typescriptCommand(main);
const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
