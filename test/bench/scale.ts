/** Cases that show what a size costs `reg`: the largest first, so that it is held to the others. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { reply, startHttpServer } from '../support/http-server.js';
import type { Case, Contestant, Rig } from './case.js';
import { blobsOf } from './images.js';
import type { BenchImage, ImageName } from './images.js';
import { measure } from './measure.js';
import { createFreshRegistry } from './pushes.js';
import type { FreshRegistry } from './pushes.js';
import { copyWithoutNames, openStoreOf } from './stores.js';
import { regCommand } from './tools.js';

const IMAGES = [20_000, 1000, 10];
const LAYERS: readonly ImageName[] = ['2000x1kb', '200x1kb', '20x1kb'];
const TAGS = [100_000, 10_000, 1000];
const PAGE = 1000;

export const SCALE: readonly Case[] = [
  {
    name: 'scale: pull into a store of many images',
    images: ['3mb'],
    runs: 5,
    memory: 'pull or push',
    seconds: 30,
    contestants: async (rig) => IMAGES.map((count) => pullInto(rig, count)),
  },
  storeCommand('images', { runs: 3, seconds: 45 }),
  storeCommand('prune', { runs: 3, seconds: 20 }),
  {
    name: 'scale: reg prune of all that is there',
    images: [],
    runs: 1,
    seconds: 30,
    contestants: async (rig) => IMAGES.map((count) => pruneAll(rig, count)),
  },
  storeCommand('verify', { runs: 1, seconds: 40 }),
  {
    name: 'scale: cold pull of many layers',
    images: LAYERS,
    runs: 3,
    memory: 'pull or push',
    seconds: 40,
    contestants: (rig) => Promise.all(LAYERS.map((name) => pullLayers(rig, rig.image(name)))),
  },
  {
    name: 'scale: push of many layers',
    images: LAYERS,
    runs: 3,
    memory: 'pull or push',
    seconds: 40,
    async contestants(rig) {
      const registry = await createFreshRegistry(rig);
      return LAYERS.map((name) => pushLayers(rig, registry, rig.image(name)));
    },
  },
  {
    name: 'scale: reg tags',
    images: [],
    runs: 5,
    seconds: 10,
    contestants: (rig) => Promise.all(TAGS.map((count) => listTags(rig, count))),
  },
];

function pullInto(rig: Rig, count: number): Contestant {
  const { cache, home, still } = rig;
  const store = openStoreOf(cache, count);
  const { reference, folder } = rig.image('3mb');
  const name = `${still.host}/${reference}`;
  return {
    name: `reg, ${count} images`,
    command: () => regCommand(home, ['pull', name, '--store', store]),
    before: async () => {
      // It may not be there.
      await measure(regCommand(home, ['rmi', name, '--store', store])).catch(() => {});
      for (const path of await blobsOf(folder)) await rm(join(store, path), { force: true });
    },
  };
}

function storeCommand(command: string, options: Pick<Case, 'runs' | 'seconds'>): Case {
  return {
    ...options,
    name: `scale: reg ${command}`,
    images: [],
    contestants: async ({ cache, home }) =>
      IMAGES.map((count) => ({
        name: `reg, ${count} images`,
        command: () => regCommand(home, [command, '--store', openStoreOf(cache, count)]),
      })),
  };
}

function pruneAll({ cache, home }: Rig, count: number): Contestant {
  // Beside the other one, to which it has hard links.
  const store = join(cache, `store-without-${count}`);
  return {
    name: `reg, ${count} images`,
    before: async () => copyWithoutNames(openStoreOf(cache, count), store),
    command: () => regCommand(home, ['prune', '--store', store]),
  };
}

async function pullLayers(rig: Rig, { reference, layers }: BenchImage): Promise<Contestant> {
  const folder = join(await rig.folder(), 'out');
  return {
    name: `reg, ${layers} layers of 1 kB`,
    before: () => rm(folder, { recursive: true, force: true }),
    command: () => regCommand(rig.home, ['pull', `${rig.still.host}/${reference}`, '--store', folder]),
  };
}

function pushLayers(
  { home }: Rig,
  { host, renew }: FreshRegistry,
  { reference, folder, layers }: BenchImage,
): Contestant {
  const args = ['push', '--from', `oci:${folder}:1`];
  return {
    name: `reg, ${layers} layers of 1 kB`,
    before: renew,
    command: () => regCommand(home, [...args, `${host()}/${reference}`]),
  };
}

async function listTags({ scope, home }: Rig, count: number): Promise<Contestant> {
  const { host } = await startHttpServer(scope, (exchange) => {
    const first = Number(exchange.url.searchParams.get('last') ?? -1) + 1;
    const tags = Array.from({ length: Math.min(PAGE, count - first) }, (_, at) => String(first + at));
    const next = first + PAGE;
    const link = `</v2/bench/tags/tags/list?n=${PAGE}&last=${next - 1}>; rel="next"`;
    const headers = { 'content-type': 'application/json', ...(next < count && { link }) };
    reply(exchange, 200, { headers, body: JSON.stringify({ name: 'bench/tags', tags }) });
  });
  return {
    name: `reg, ${count} tags`,
    command: () => regCommand(home, ['tags', `${host}/bench/tags`]),
  };
}
