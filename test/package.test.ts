import assert from 'node:assert/strict';
import { execSync } from 'node:child_process';
import { access, cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execPath } from 'node:process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { bareEnvironment, startChild } from './support/child.js';
import { createPerson, succeeded } from './support/person.js';
import { startServe } from './support/serve.js';
import { temporaryFolder, type Scope } from './support/temp.js';
import { writeLayout } from './support/image-files.js';
import { image, layer } from './support/images.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUNDLE = join(ROOT, 'dist', 'cli');

test('The command line of the package runs with no other package beside it', async (t) => {
  const folder = await unpack(t);
  const bin = join(folder, 'bin', 'reg.js');
  const owner = await createPerson(t);
  const layout = join(await temporaryFolder(t), 'layout');
  await writeLayout(layout, { app: image({ layers: [await layer({ one: '1' })] }) });
  const { host } = await startServe(t, owner);
  await owner.reg(['push', '--from', layout, `${host}/app:1`]);

  const run = async (args: readonly string[]): Promise<string> => {
    const env = { ...bareEnvironment(), HOME: folder, REG_STORE: join(folder, 'store') };
    return succeeded(await (await startChild(t, [execPath, bin, ...args], { env })).ended).stdout;
  };
  assert.match(await run(['--version']), /^reg \d/);
  assert.match(await run(['pull', '-q', `${host}/app:1`]), /\/app:1\n$/);
  assert.match(await run(['images', '-q']), /\/app:1\n$/);
  // Started, not imported: see credentials/os-keychain.ts, disk/hash-thread.ts.
  await access(join(folder, 'dist', 'credentials', 'keychain.js'));
  for (const thread of ['cli/hash-worker.cjs', 'disk/hash-worker.js'])
    await access(join(folder, 'dist', thread));
});

test('The licence of every package that is bundled comes with the bundle', async () => {
  const licences = await readFile(join(BUNDLE, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  const maps = (await readdir(BUNDLE)).filter((name) => name.endsWith('.map'));
  const sources = await Promise.all(maps.map(async (name) => sourcesOf(join(BUNDLE, name))));
  const packages = new Set(
    sources.flat().flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []),
  );
  assert.ok(packages.has('commander') && packages.has('ora'));
  for (const name of packages)
    assert.match(licences, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(.+\\)$`, 'm'));
});

/** What `npm publish` would publish, in a folder of its own. */
async function unpack(t: Scope): Promise<string> {
  // On Windows npm is a script, which only a shell can start.
  const packed = execSync('npm pack --dry-run --json --ignore-scripts', { cwd: ROOT, stdio: 'pipe' });
  const [{ files }] = JSON.parse(packed.toString());
  const folder = await temporaryFolder(t);
  for (const { path } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(ROOT, path), join(folder, path));
  }
  return folder;
}

async function sourcesOf(map: string): Promise<readonly string[]> {
  const { sources } = JSON.parse(await readFile(map, 'utf8'));
  return sources;
}
