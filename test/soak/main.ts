/**
 * `npm run soak`: hundreds of pushes and pulls, by the command line and by the library, over a network that breaks and
 * registries that stumble; at the end every byte that was promised is looked for, and every secret where it must not
 * be. Ends with 1 when a byte is lost, a secret is out, a handle stays open, or something failed without a clear error.
 */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../support/temp.js';
import type { Scope } from '../support/temp.js';
import { audit } from './audit.js';
import type { Audit } from './audit.js';
import { createRandom } from './random.js';
import { startRig } from './rig.js';
import type { Rig } from './rig.js';
import { createCommandLine, createLibrary } from './tools.js';
import { storesIn, work } from './work.js';
import type { Report } from './work.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    workers: { type: 'string', default: '6' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
});
const minutes = numberOf('minutes', values.minutes);
const workers = numberOf('workers', values.workers);
const seed = numberOf('seed', values.seed);

say(
  `Soak for ${minutes} minutes, ${workers} at once, with seed ${seed} (the same choices again: --seed ${seed})`,
);
const before = process.getActiveResourcesInfo();
const hooks: (() => Promise<void> | void)[] = [];
const scope: Scope = { after: (hook) => void hooks.push(hook) };
let problems: readonly string[];
try {
  problems = await soak();
} finally {
  for (const hook of hooks.toReversed()) await hook();
}
const open = await openHandles();
figure('open handles at the end', open.length === 0 ? '0' : open.join(', '));
const failures = [...problems, ...open.map((name) => `still open: ${name}`)];
for (const failure of failures.slice(0, 20)) say(`\nFAILED: ${failure}`);
say(failures.length === 0 ? '\nAll is well.' : `\n${failures.length} failures; seed ${seed}`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function soak(): Promise<readonly string[]> {
  const random = createRandom(seed);
  const rig = await startRig(scope, random.fork());
  const commandLine = createCommandLine(scope, rig, random.fork());
  const library = createLibrary(scope, rig);
  const stores = storesIn(await temporaryFolder(scope));
  say(`Registries: ${rig.sites.map(({ name, host }) => `${name} at ${host}`).join(', ')}\n`);

  const calm = rig.shake();
  const until = Date.now() + minutes * 60_000;
  const tools = [commandLine, library];
  const report = await work(rig, { random: random.fork(), tools, workers, until, stores });
  calm();
  await library.close();
  const audited = await audit(scope, rig, { report, random: random.fork() });
  const served = await stopServing(rig);
  await searchForSecrets(rig, stores);
  print(rig, { report, audited, peakRssKiB: commandLine.peakRssKiB() });
  return [
    ...report.oddities,
    ...audited.problems,
    ...served,
    ...rig.secrets.leaks.map((leak) => `leaked: ${leak}`),
    ...(report.operations.total < minutes ? ['hardly anything was done'] : []),
  ];
}

/** The embedded registry ends when it is told to, and its store is as sound as all others. */
async function stopServing({ served: { child, owner }, secrets }: Rig): Promise<readonly string[]> {
  child.kill('SIGTERM');
  const { stdout, stderr, code } = await child.ended;
  secrets.search('the output of reg serve', stdout + stderr);
  const verify = await (await owner.start(['verify'])).ended;
  return [
    ...(code === 143 || code === 0 ? [] : [`reg serve ended with ${code}: ${stderr.slice(-1000)}`]),
    ...(verify.code === 0 ? [] : [`the store of reg serve: ${verify.stdout}${verify.stderr}`]),
  ];
}

/** In stores, in what other origins were told, and in what one registry was told of another's. */
async function searchForSecrets(rig: Rig, stores: readonly string[]): Promise<void> {
  const { secrets, elsewhere, sites, served } = rig;
  for (const folder of [...stores, served.owner.store]) await secrets.searchFolder(folder);
  for (const { headers, method } of elsewhere.requests) {
    secrets.search('a request to the storage server', `${method} ${JSON.stringify(headers)}`);
  }
  for (const { name, log, user } of sites) {
    for (const { path, headers } of log.requests) {
      const { authorization = '', ...others } = headers;
      const isOwn = name === 'tokens' ? !authorization.startsWith('Basic') : isBasic(authorization, user);
      secrets.search(
        `a request to ${name}`,
        `${path} ${JSON.stringify(others)}${isOwn ? '' : authorization}`,
      );
    }
  }
}

function isBasic(authorization: string, user: Rig['sites'][number]['user']): boolean {
  if (user === undefined) return false;
  return authorization === `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
}

function print(
  { sites, faults, secrets }: Rig,
  {
    report,
    audited,
    peakRssKiB,
  }: { readonly report: Report; readonly audited: Audit; readonly peakRssKiB: number },
): void {
  const { operations, tools, clearErrors, oddities } = report;
  const moved = sites.reduce((sum, { network: { bytes } }) => sum + bytes.up + bytes.down, 0);
  figure('operations', operations);
  figure('by', tools);
  figure('failed with a clear error', clearErrors);
  figure('failed otherwise', oddities.length);
  figure('faults injected', faults);
  figure('moved', mebibytes(moved));
  figure(
    'verified at the end',
    `${audited.names} names, ${mebibytes(audited.bytes)}, ${audited.judged} images by skopeo`,
  );
  figure('bytes lost', audited.lost);
  figure(
    'leaked secrets',
    `${secrets.leaks.length} (in ${mebibytes(secrets.searched)} of outputs, requests and stores)`,
  );
  figure('peak memory of a child', mebibytes(peakRssKiB * 1024));
}

/** What keeps this process alive that did not at the beginning; connections get a moment to end. */
async function openHandles(): Promise<readonly string[]> {
  for (let waits = 0; ; waits++) {
    const open = [...process.getActiveResourcesInfo()];
    for (const name of before) if (open.includes(name)) open.splice(open.indexOf(name), 1);
    if (open.length === 0 || waits === 20) return open;
    await sleep(100);
  }
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (text !== '' && number > 0) return number;
  throw new Error(`--${name} has to be a number, not "${text}"`);
}

function figure(name: string, value: unknown): void {
  say(`${name.padEnd(26)} ${String(value)}`);
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
