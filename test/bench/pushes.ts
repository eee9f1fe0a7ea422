/** Cases that push and copy. */

import { join } from 'node:path';

import type { Case, Contestant, Rig } from './case.js';
import { nodeContestant } from './commands.js';
import type { ImageName } from './images.js';
import type { Shape } from './line.js';
import { measure } from './measure.js';
import type { Command } from './measure.js';
import { startRelay } from './relay.js';
import { startRegistry } from './servers.js';
import { regCommand } from './tools.js';
import type { Tool } from './tools.js';

interface PushCase extends Omit<Case, 'name' | 'images' | 'contestants'> {
  readonly image: ImageName;
}

/** A push of an OCI layout to a registry that has nothing yet. */
export function coldPush(name: string, options: PushCase): Case {
  const { image, ...rest } = options;
  return {
    memory: 'pull or push',
    ...rest,
    name,
    images: [image],
    async contestants(rig) {
      const registry = await createFreshRegistry(rig);
      const { folder, reference } = rig.image(image);
      return rig.tools.map((tool) => ({
        name: tool.name,
        before: registry.renew,
        command: () => tool.push(folder, `${registry.host()}/${reference}`),
      }));
    },
  };
}

/** A push of what the registry has under that very name. */
export function pushAgain(name: string, options: PushCase): Case {
  const { image: imageName, ...rest } = options;
  return {
    memory: 'pull or push',
    ...rest,
    name,
    images: [imageName],
    async contestants(rig) {
      const image = rig.image(imageName);
      const { host } = await startRegistry(rig.scope, [image]);
      const pushes = rig.tools.map((tool) => ({
        name: tool.name,
        command: () => tool.push(image.folder, `${host}/${image.reference}`),
      }));
      return [...pushes, nodeContestant(rig)];
    },
  };
}

/** From one registry to another on a different host. */
export function copyAcross(name: string, options: PushCase): Case {
  const { image, ...rest } = options;
  return {
    memory: 'pull or push',
    ...rest,
    name,
    images: [image],
    async contestants(rig) {
      const registry = await createFreshRegistry(rig);
      const { reference } = rig.image(image);
      return rig.tools.map((tool) => ({
        name: tool.name,
        before: registry.renew,
        command: () => tool.copy(`${rig.still.host}/${reference}`, `${registry.host()}/${reference}`),
      }));
    },
  };
}

/** A push to a repository that is new, of layers that the registry has in another one. */
export function mountedPush(name: string, options: PushCase & { readonly shape: Shape }): Case {
  const { image: imageName, shape, ...rest } = options;
  return {
    memory: 'pull or push',
    ...rest,
    name,
    images: [imageName],
    async contestants(rig) {
      const image = rig.image(imageName);
      const registry = await startRegistry(rig.scope, [image]);
      const relay = await startRelay(rig.scope, registry.host, shape);
      const from = `${relay.host}/${image.reference}`;
      const target = createTargets(`${relay.host}/bench/mounted`);
      const contestants = rig.tools.map((tool) => mounting(rig, tool, { from, target }));
      return (await Promise.all(contestants)).map((contestant) => ({ ...contestant, relay }));
    },
  };
}

/**
 * Each in the way that lets it know where the layers are: `reg` and skopeo have pulled the image before (one keeps the
 * name in its store, the other the place of each blob in its cache), crane, oras and regctl copy within the registry.
 */
async function mounting(
  rig: Rig,
  tool: Tool,
  { from, target }: { readonly from: string; readonly target: { next(): string; now(): string } },
): Promise<Contestant> {
  const { name } = tool;
  const folder = join(await rig.folder(), 'out');
  const reg = (...args: readonly string[]): Command => regCommand(rig.home, [...args, '--store', folder]);
  if (name !== 'reg' && name !== 'skopeo')
    return { name, before: async () => void target.next(), command: () => tool.copy(from, target.now()) };
  await measure(tool.pull(from, folder));
  if (name === 'skopeo')
    return { name, before: async () => void target.next(), command: () => tool.push(folder, target.now()) };
  return {
    name,
    before: async () => void (await measure(reg('tag', from, target.next()))),
    command: () => reg('push', target.now()),
  };
}

/** A name that was never used, for each run. */
function createTargets(prefix: string): { next(): string; now(): string } {
  let count = 0;
  const now = (): string => `${prefix}-${count}:1`;
  return {
    now,
    next() {
      count++;
      return now();
    },
  };
}

/** A registry that can be had anew, empty. */
export interface FreshRegistry {
  readonly host: () => string;
  readonly renew: () => Promise<void>;
}

export async function createFreshRegistry(rig: Rig): Promise<FreshRegistry> {
  let hooks: (() => Promise<void> | void)[] = [];
  let host = '';
  const end = async (): Promise<void> => {
    const ending = hooks.toReversed();
    hooks = [];
    for (const hook of ending) await hook();
  };
  rig.scope.after(end);
  return {
    host: () => host,
    async renew() {
      await end();
      ({ host } = await startRegistry({ after: (hook) => void hooks.push(hook) }, []));
    },
  };
}
