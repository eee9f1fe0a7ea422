/** `npm run check`: runs every `check:…` script of package.json at the same time and shows what the failed ones said. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, npmCommand, root } from './setup.js';

install();

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const names = Object.keys(scripts).filter((name) => name.startsWith('check:'));
const passed = await Promise.all(names.map(runStep));
process.exitCode = passed.every(Boolean) ? 0 : 1;

async function runStep(name) {
  const started = performance.now();
  const [command, ...args] = npmCommand('run', '--silent', name);
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const status = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const ok = (await status) === 0;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(14)} ${seconds} s${ok ? '' : `\n${output}${errors}`}`,
  );
  return ok;
}
