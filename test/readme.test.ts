/**
 * Every command of the README is run here, and says what the README says it does. `UPDATE_README=1 npm test -- readme`
 * writes what they say now into it.
 */

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { env, execPath } from 'node:process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

import { bareEnvironment, startChild } from './support/child.js';
import { startDockerHub, type DockerHub } from './support/docker-hub.js';
import { startDockerRegistry } from './support/docker-registry.js';
import { writeDockerArchive } from './support/image-files.js';
import { image, index, layer, type TestGraph } from './support/images.js';
import { KEYRING, startKeyring, type Keyring } from './support/keyring.js';
import { createPerson, type Person } from './support/person.js';
import { needs } from './support/programs.js';
import { pushGraph } from './support/push-graph.js';
import { startServe } from './support/serve.js';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const BLOCK = /```console\n([\s\S]*?)```/g;
const REAL = needs('docker-registry', ...KEYRING);

const STEP = { created: '2026-10-02T10:11:12Z', comment: 'buildkit.dockerfile.v0' };
/** Steps as BuildKit writes them, for two layers. */
const HISTORY = [
  { created: '2026-09-28T00:00:00Z', created_by: '/bin/sh -c #(nop) ADD file:3a5ab2bc in / ' },
  { ...STEP, created_by: 'ENV NGINX_VERSION=1.27.3', empty_layer: true },
  { ...STEP, created_by: 'RUN /bin/sh -c apt-get install -y nginx=$NGINX_VERSION # buildkit' },
  { ...STEP, created_by: 'CMD ["nginx" "-g" "daemon off;"]', empty_layer: true },
];

/** A command of the README, and what it prints there. */
interface Step {
  readonly line: string;
  readonly output: string;
}

interface World {
  readonly me: Person;
  readonly keyring: Keyring;
  readonly hub: DockerHub;
  /** What the README's hosts are called here. */
  readonly hosts: ReadonlyMap<string, string>;
}

const hooks: (() => Promise<void> | void)[] = [];
let world: World;

before(async () => {
  if (REAL.skip === false) world = await createWorld({ after: (hook) => void hooks.push(hook) });
});
after(async () => {
  for (const hook of hooks.toReversed()) await hook();
});

test('every command of the README prints what the README says', REAL, async () => {
  const readme = await readFile(README, 'utf8');
  let next = readme;
  for (const { line, output } of stepsOf(readme)) {
    const printed = await run(line);
    // What differs from run to run alone stays as it is, so that a change of one line changes one line.
    if (isDeepStrictEqual(vague(printed), vague(output))) continue;
    if (env['UPDATE_README'] === '1') next = next.replace(`$ ${line}\n${output}`, `$ ${line}\n${printed}`);
    else assert.deepEqual(vague(printed), vague(output), line);
  }
  if (next !== readme) await writeFile(README, next);
});

test("the README's ten lines of library do what they say", REAL, async (t) => {
  const { hub, hosts, me } = world;
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(await readFile(README, 'utf8')) ?? [];
  const ca = await readFile(hub.authorityFile, 'utf8');
  const options = JSON.stringify({ ca: [ca], resolve: pinsOf(hub.resolveFlags) });
  const program = translate(code, [
    ['connect()', `connect(${options})`],
    ['./store', join(me.home, 'library')],
    ['web:1.0', 'library:1.0'],
    ...hosts,
  ]);
  // In this folder the package's own name leads to what was built.
  const cwd = dirname(README);
  const command: readonly [string, ...string[]] = [
    execPath,
    '--input-type=module',
    '--eval',
    `${program}\nconsole.log(digest);`,
  ];
  const {
    code: exit,
    stdout,
    stderr,
  } = await (await startChild(t, command, { cwd, env: bareEnvironment() })).ended;
  assert.equal(exit, 0, stderr);
  assert.match(stdout, /^sha256:[0-9a-f]{64}\n$/);
  const tags = await me.reg(['tags', translate('localhost:5000/library', [...hosts])]);
  assert.equal(tags.stdout, '1.0\n');
});

function pinsOf(flags: readonly string[]): readonly object[] {
  return flags
    .filter((flag) => flag !== '--resolve')
    .map((flag) => {
      const [host, port, address, toPort] = flag.split(':');
      return { host, port: Number(port), address, toPort: Number(toPort) };
    });
}

function stepsOf(readme: string): readonly Step[] {
  return [...readme.matchAll(BLOCK)].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((step) => {
        const end = step.indexOf('\n');
        return { line: step.slice(0, end), output: step.slice(end + 1) };
      }),
  );
}

/** What a person sees: the progress and the result, with the names that the README uses. */
async function run(line: string): Promise<string> {
  const [, input, command = ''] = /^(?:(.*) \| )?reg (.*)$/.exec(line) ?? [];
  assert.ok(command !== '', `not a command of reg: ${line}`);
  const words = [...command.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
  const args = words.map((word) => translate(word, [...world.hosts]));
  const network =
    /\b(nginx)\b/.test(command) &&
    /^(pull|inspect|history|layers|size|files|cat|tree|tags|unpack|export)\b/.test(command);
  const flags = network ? ['--ca-file', world.hub.authorityFile, ...world.hub.resolveFlags] : [];
  const stdin = input === undefined ? {} : { stdin: await inputOf(input) };
  const env = { ...world.keyring.env, SOURCE_DATE_EPOCH: '1767225600' };
  const { stdout, stderr } = await world.me.reg([...args, ...flags], { env, ...stdin });
  const back = [...world.hosts].map(([there, here]): [string, string] => [here, there]);
  back.push(['registry.localhost', 'registry.local']);
  return translate(`${stderr}${stdout}`.replaceAll(world.me.home, '/home/alice'), back).replace(
    /^reg: warning: Node .*\n/gm,
    '',
  );
}

async function inputOf(command: string): Promise<string | Uint8Array> {
  const [program = '', ...words] = command.split(' ');
  if (program === 'echo') return `${words.join(' ')}\n`;
  assert.equal(command, 'docker save app');
  return readFile(join(world.me.home, 'app.tar'));
}

function translate(text: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}

/** Without what differs from run to run: digests, times, speeds, and the order in which layers arrive. */
function vague(output: string): readonly string[] {
  return output
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'DIGEST')
    .replaceAll(/\b[0-9a-f]{12}\b/g, 'SHORT')
    .replaceAll(/ in [0-9.]+ ?m?s( \([^)]*\))?/g, ' in TIME')
    .replaceAll(/\b127\.0\.0\.1:\d+/g, 'ADDRESS')
    .replaceAll(/[0-9.]+ .B of [0-9.]+ .B are free/g, 'SPACE')
    .replaceAll(/ +/g, ' ')
    .split('\n')
    .sort();
}

async function createWorld(scope: {
  readonly after: (hook: () => Promise<void> | void) => void;
}): Promise<World> {
  const me = await createPerson(scope);
  const hub = await startDockerHub(scope);
  const layers = await Promise.all([
    layer({ 'etc/os-release': 'ID=debian\n' }),
    layer({ 'usr/sbin/nginx': pages() }),
  ]);
  const run = {
    Cmd: ['nginx', '-g', 'daemon off;'],
    ExposedPorts: { '80/tcp': {} },
    Env: ['NGINX_VERSION=1.27.3'],
  };
  const forPlatform = (architecture: string) =>
    image({ layers, platform: { os: 'linux', architecture }, config: { config: run, history: HISTORY } });
  const graph = index([forPlatform('amd64'), forPlatform('arm64')]);
  await pushGraph(`${hub.storage.origin}/v2/library/nginx`, graph, { tag: 'latest' });
  await pushTelling(`${hub.storage.origin}/v2/library/nginx`, graph);
  await writeDockerArchive(join(me.home, 'app.tar'), { 'app:latest': image({ layers }) });
  await writeFile(join(me.home, 'notes.md'), '# Notes\n');
  await writeFile(join(me.home, 'sbom.json'), '{"spdxVersion": "SPDX-2.3"}\n');
  const served = await startServe(scope, await createPerson(scope));
  const guarded = await startDockerRegistry(scope, { auth: { users: { alice: 'open-sesame' } } });
  const hosts = new Map([
    ['localhost:5000', served.host],
    // A name that always means this machine.
    ['registry.local:5000', `registry.localhost:${guarded.port}`],
  ]);
  const keyring = await startKeyring(scope, me.home, 'unlocked');
  return { me, keyring, hub, hosts };
}

/** A signature and an SBOM, as they are kept where the registry keeps no list of referrers. */
async function pushTelling(repository: string, { descriptor }: TestGraph): Promise<void> {
  const { mediaType, digest, size } = descriptor;
  const tag = digest.replace(':', '-');
  const artifactType = 'application/spdx+json';
  const layers = [await layer({ 'sbom.json': '{}' })];
  const sbom = image({ layers, manifest: { artifactType, subject: { mediaType, digest, size } } });
  const { platform: _, ...listed } = sbom.descriptor;
  await pushGraph(repository, index([{ ...sbom, descriptor: { ...listed, artifactType } }]), { tag });
  await pushGraph(repository, image({ layers }), { tag: `${tag}.sig` });
}

/** Something that looks like a program's size and does not compress. */
function pages(): Uint8Array {
  const bytes = new Uint8Array(2_500_000);
  for (let at = 0, state = 1; at < bytes.length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
