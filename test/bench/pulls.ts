/** Cases that pull, over any network. */

import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Case, Contestant, Rig } from './case.js';
import { nodeContestant } from './commands.js';
import type { BenchImage, ImageName } from './images.js';
import type { Shape } from './line.js';
import { measure, start } from './measure.js';
import { startRelay } from './relay.js';
import type { Relay } from './relay.js';
import { startRegistry } from './servers.js';
import type { Server } from './servers.js';
import { regCommand } from './tools.js';

export interface PullCase extends Omit<Case, 'name' | 'images' | 'contestants'> {
  readonly image: ImageName;
  /** Default: straight to the server. */
  readonly shape?: Shape;
  /** Default: the static one. */
  readonly server?: 'registry';
  /** Measures the bare start of Node, too. Default false. */
  readonly withNode?: boolean;
}

/** A pull into an empty folder. */
export function coldPull(name: string, options: PullCase): Case {
  const { image: imageName, withNode = false, ...rest } = options;
  return {
    memory: 'pull or push',
    ...rest,
    name,
    images: [imageName],
    async contestants(rig) {
      const image = rig.image(imageName);
      const server = await serverOf(rig, image, options);
      const pulls = rig.tools.map(async (tool): Promise<Contestant> => {
        const folder = join(await rig.folder(), 'out');
        const { host, relay } = await reach(rig, server, options);
        return {
          name: tool.name,
          before: () => emptyFolder(folder, image.size),
          command: () => tool.pull(`${host}/${image.reference}`, folder),
          ...(relay && { relay }),
        };
      });
      return [...(await Promise.all(pulls)), ...(withNode ? [nodeContestant(rig)] : [])];
    },
  };
}

/** A pull of what is there already. */
export function pullAgain(name: string, options: PullCase): Case {
  const { image: imageName, ...rest } = options;
  return {
    memory: 'pull or push',
    ...rest,
    name,
    images: [imageName],
    async contestants(rig) {
      const image = rig.image(imageName);
      const { host } = await serverOf(rig, image, options);
      const pulls = rig.tools.map(async (tool): Promise<Contestant> => {
        const command = tool.pull(`${host}/${image.reference}`, join(await rig.folder(), 'out'));
        await measure(command);
        return { name: tool.name, command: () => command };
      });
      return [...(await Promise.all(pulls)), nodeContestant(rig)];
    },
  };
}

/** A pull that goes on after one that was interrupted when this part of the bytes had come. */
export function resumedPull(name: string, { part, ...options }: PullCase & { readonly part: number }): Case {
  const { image: imageName, ...rest } = options;
  return {
    memory: 'pull or push',
    ...rest,
    name,
    images: [imageName],
    async contestants(rig) {
      const image = rig.image(imageName);
      const server = await serverOf(rig, image, options);
      const pulls = rig.tools.map(async (tool): Promise<Contestant> => {
        const { host, relay } = await reach(rig, server, options);
        if (relay === undefined) throw new Error('Only a relay knows how much has come.');
        const folder = join(await rig.folder(), 'out');
        const command = tool.pull(`${host}/${image.reference}`, folder);
        return {
          name: tool.name,
          relay,
          before: async () => {
            await emptyFolder(folder, image.size);
            const arrived = relay.down(part * image.size);
            const { child, sample } = start(command);
            await Promise.race([arrived, sample]);
            child.kill('SIGINT');
            relay.cut();
            // How it ends is its own affair.
            await sample.catch(() => {});
          },
          command: () => command,
        };
      });
      return Promise.all(pulls);
    },
  };
}

/** Pulls by `reg` alone, each over so many connections at most. */
export function pullOver(
  name: string,
  { counts, ...options }: PullCase & { readonly counts: readonly number[] },
): Case {
  const { image: imageName, ...rest } = options;
  return {
    memory: 'pull in parallel ranges',
    ...rest,
    name,
    images: [imageName],
    async contestants(rig) {
      const image = rig.image(imageName);
      const { host, relay } = await reach(rig, await serverOf(rig, image, options), options);
      const folder = join(await rig.folder(), 'out');
      const args = ['pull', `${host}/${image.reference}`, '--store', folder];
      return counts.map((count) => ({
        name: `reg, ${count} connections`,
        before: () => emptyFolder(folder, image.size),
        command: () => regCommand(rig.home, [...args, '--connections', String(count)]),
        ...(relay && { relay }),
      }));
    },
  };
}

async function serverOf(
  { scope, still }: Rig,
  image: BenchImage,
  { server }: Pick<PullCase, 'server'>,
): Promise<Server> {
  return server === 'registry' ? await startRegistry(scope, [image]) : still;
}

/** The way to a server, in the shape that is wanted. */
async function reach(
  { scope }: Rig,
  { host }: Server,
  { shape }: Pick<PullCase, 'shape'>,
): Promise<{ readonly host: string; readonly relay?: Relay }> {
  if (shape === undefined) return { host };
  const relay = await startRelay(scope, host, shape);
  return { host: relay.host, relay };
}

/**
 * An empty place for `size` bytes. As many are written and removed again first, because the first touch of a free page is
 * what would be measured otherwise: on virtual machines about 2 s a gigabyte.
 */
async function emptyFolder(folder: string, size: number): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, '..'), { recursive: true });
  const file = `${folder}.warm`;
  await pipeline(Readable.from(zeros(size), { objectMode: false }), createWriteStream(file));
  await rm(file);
}

function* zeros(size: number): Generator<Uint8Array> {
  const block = new Uint8Array(1024 * 1024);
  for (let left = size; left > 0; left -= block.length) yield block.subarray(0, left);
}
