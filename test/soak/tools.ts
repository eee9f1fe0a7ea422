/** Two ways to do the same: the built command line in a process of its own, and the library in this one. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '../../src/operations/connect/connect.js';
import { tagImage } from '../../src/operations/store/images.js';
import { openStore } from '../../src/operations/places/open-store.js';
import { openPlace } from '../../src/operations/places/source-place.js';
import { pull } from '../../src/operations/transfer/pull.js';
import { push, pushFrom } from '../../src/operations/transfer/push.js';
import { listTags } from '../../src/operations/listing/tags.js';
import { pruneLayout } from '../../src/layout/prune.js';
import type { Layout } from '../../src/layout/layout.js';
import type { RegistryClient } from '../../src/registry/client.js';
import { RegError } from '../../src/errors.js';
import { writeLayout } from '../support/image-files.js';
import type { TestGraph } from '../support/images.js';
import { temporaryFolder } from '../support/temp.js';
import type { Scope } from '../support/temp.js';
import type { Random } from './random.js';
import type { Rig } from './rig.js';

/** How something ended: with the digest that was moved, with an error that a person can use, or otherwise. */
export type Outcome =
  | { readonly kind: 'done'; readonly digest: string }
  | { readonly kind: 'clear error'; readonly what: string }
  | { readonly kind: 'something else'; readonly what: string };

export interface Tool {
  readonly name: 'command line' | 'library';
  push(graph: TestGraph, reference: string): Promise<Outcome>;
  pull(reference: string, store: string): Promise<Outcome>;
  /** Pushes an image that a store has under another name. */
  relay(from: string, to: string, store: string): Promise<Outcome>;
  tags(repository: string): Promise<Outcome>;
  prune(store: string): Promise<Outcome>;
}

/** What may come of a bad network, and nothing else may: no refusal, no "not found", no trouble with the store. */
const CLEAR =
  /^(UNREACHABLE|TIMEOUT|RATE_LIMITED|SERVER_ERROR|DIGEST_MISMATCH|SIZE_MISMATCH|PROTOCOL_ERROR|UPLOAD_REJECTED|INCOMPLETE|INVALID_MANIFEST)$/;

const NETWORK = ['--idle-timeout', '2s', '--connect-timeout', '5s'];
const HANG_MS = 180_000;

export interface CommandLine extends Tool {
  /** The most memory that a process ever took. */
  readonly peakRssKiB: () => number;
}

export function createCommandLine(scope: Scope, { me, secrets }: Rig, random: Random): CommandLine {
  let peakRssKiB = 0;
  const run = async (...args: readonly string[]): Promise<Outcome> => {
    const debug = random() < 0.1 ? ['--debug'] : [];
    const child = await me.start([...args, ...debug]);
    const timer = setTimeout(() => child.kill('SIGKILL'), HANG_MS);
    const ended = await child.ended;
    clearTimeout(timer);
    peakRssKiB = Math.max(peakRssKiB, ended.peakRssKiB);
    secrets.search(`the output of reg ${args.join(' ')}`, ended.stdout + ended.stderr);
    return judge(args, ended, debug.length > 0);
  };
  return {
    name: 'command line',
    peakRssKiB: () => peakRssKiB,
    push: (graph, reference) =>
      withLayout(scope, graph, (from) =>
        run('push', '--json', '--progress', 'json', ...NETWORK, '--from', from, reference),
      ),
    pull: (reference, store) =>
      run('pull', '--all-platforms', '--json', '--progress', 'json', ...NETWORK, '--store', store, reference),
    relay: async (from, to, store) => {
      const tagged = await run('tag', '--store', store, from, to);
      if (tagged.kind !== 'done') return tagged;
      return run('push', '--json', '--progress', 'json', ...NETWORK, '--store', store, to);
    },
    tags: (repository) => run('tags', '--json', ...NETWORK, repository),
    prune: (store) => run('prune', '--json', '--store', store),
  };
}

function judge(
  args: readonly string[],
  {
    code,
    signal,
    stdout,
    stderr,
  }: {
    readonly code: number | null;
    readonly signal: string | null;
    readonly stdout: string;
    readonly stderr: string;
  },
  isDebug: boolean,
): Outcome {
  const otherwise: Outcome = {
    kind: 'something else',
    what: `reg ${args.join(' ')} ended with ${signal ?? code}: ${stderr.slice(-2000)}`,
  };
  if (code === 0) return { kind: 'done', digest: /"digest":"(sha256:[0-9a-f]{64})"/.exec(stdout)?.[1] ?? '' };
  const lines = stderr.trimEnd().split('\n');
  if (/internal error|undefined|\[object|\n\s+at /.test(isDebug ? '' : stderr)) return otherwise;
  const told = lines.findLast((line) => line.startsWith('{"type":"error"'));
  if (told !== undefined) {
    const { code: name } = JSON.parse(told) as { readonly code: string };
    return CLEAR.test(name) ? { kind: 'clear error', what: name } : otherwise;
  }
  const isPlain = /^reg: (?!warning)/.test(lines.find((line) => line.startsWith('reg: cannot')) ?? '');
  return isPlain && [5, 6, 7].includes(code ?? 1) ? { kind: 'clear error', what: `exit ${code}` } : otherwise;
}

/** As a long-lived program would: one client for everything. */
export function createLibrary(
  scope: Scope,
  { sites, secrets }: Rig,
): Tool & { readonly close: () => Promise<void> } {
  const client: RegistryClient = connect({
    credentials: async (host) => sites.find((site) => site.host === host)?.user,
    authHosts: ['127.0.0.1'],
    idleTimeoutMs: 2000,
    connectTimeoutMs: 5000,
    retryPolicy: { tries: 5, minWaitMs: 200, maxWaitMs: 3000, maxAskedMs: 20_000 },
    onNotice: ({ message }) => secrets.search('a notice of the library', message),
  });
  const attempt = async (task: () => Promise<string>): Promise<Outcome> => {
    try {
      return { kind: 'done', digest: await inTime(task()) };
    } catch (error) {
      const text = error instanceof Error ? `${error.message} ${error.stack}` : String(error);
      secrets.search('an error of the library', `${text} ${JSON.stringify(error)}`);
      if (error instanceof RegError && CLEAR.test(error.code))
        return { kind: 'clear error', what: error.code };
      return { kind: 'something else', what: text };
    }
  };
  return {
    name: 'library',
    close: () => client.close(),
    push: (graph, image) =>
      attempt(() =>
        withLayout(scope, graph, async (from) => {
          const place = await openPlace(from);
          try {
            return (await pushFrom(place, { client, image }))[0]?.digest ?? '';
          } finally {
            await place.close();
          }
        }),
      ),
    pull: (reference, folder) =>
      attempt(() =>
        withStore(
          folder,
          async (store) => (await pull(reference, { client, store, allPlatforms: true })).digest,
        ),
      ),
    relay: (from, to, folder) =>
      attempt(() =>
        withStore(folder, async (store) => {
          await tagImage(from, { store, target: to });
          return (await push(to, { client, store }))[0]?.digest ?? '';
        }),
      ),
    tags: (repository) =>
      attempt(async () => {
        for await (const tag of listTags(repository, { client })) secrets.search('a tag', tag);
        return '';
      }),
    prune: (folder) =>
      attempt(() =>
        withStore(folder, async (store) => {
          await pruneLayout(store);
          return '';
        }),
      ),
  };
}

/** Writes an image to disk for as long as it is needed. */
async function withLayout<T>(scope: Scope, graph: TestGraph, use: (place: string) => Promise<T>): Promise<T> {
  const folder = join(await temporaryFolder(scope), 'layout');
  await writeLayout(folder, { soak: graph });
  try {
    return await use(`oci:${folder}:soak`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function withStore<T>(folder: string, use: (store: Layout) => Promise<T>): Promise<T> {
  const store = await openStore(folder);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** A task that hangs must not hang the soak. */
async function inTime<T>(task: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${HANG_MS / 1000} seconds`)), HANG_MS);
  });
  try {
    return await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}
