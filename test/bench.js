/**
 * `npm run bench [-- OPTION…]`: sets up a fresh clone, then measures `reg` against
 * the other programs of its kind that are installed. Plain JavaScript.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp, typescriptCommand } from './support/setup.js';

setUp();
const main = join(root, 'test', 'bench', 'main.ts');
const [command, ...args] = typescriptCommand(main, ...process.argv.slice(2));
const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
// The terminal tells the child, too; it cleans up, and only then this process may end.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
