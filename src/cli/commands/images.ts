/** `reg images` */

import { RegError } from '../../errors.js';
import { listImages, type DamagedImage, type ImageSummary } from '../../operations/store/images.js';
import { familiarName, parseReference } from '../../spec/reference.js';
import { quoteText } from '../../spec/text.js';
import { formatBytes } from '../units/bytes.js';
import type { Context } from '../context.js';

const HEAD = ['REPOSITORY', 'TAG', 'DIGEST', 'PLATFORM', 'SIZE'];

/** Most damaged images that are named. */
const MAX_NAMED = 3;

/** What looks like a registry, of which no repository is named. */
const HOST = /^(?:localhost|[^/:]*\.[^/:]*)(?::\d+)?$/;

export async function run({ args, output, store }: Context): Promise<void> {
  const [name] = args;
  const of = name === undefined ? undefined : parseReference(name);
  const layout = await store();
  const { images, damaged } = await listImages({ store: layout, of });
  output.list(images, {
    head: HEAD,
    row: rowOf,
    quiet: ({ reference }) => reference,
    none: damaged.length > 0 ? undefined : noneOf(name, layout.folder),
  });
  if (damaged.length > 0) throw damageError(damaged);
}

function noneOf(name: string | undefined, folder: string): string {
  if (name === undefined) return `there are no images in ${quoteText(folder)}. "reg pull NAME" brings one`;
  const familiar = familiarName(parseReference(name));
  const none = `there is no image ${familiar} in ${quoteText(folder)}`;
  return HOST.test(name) ? none : `${none}. "reg pull ${familiar}" brings it`;
}

function rowOf({ repository, tag = '<none>', digest, platform = 'multi', size }: ImageSummary) {
  return [
    repository,
    tag,
    digest.replace(/^sha(256|512):/, '').slice(0, 12),
    platform,
    formatBytes(size),
  ] as const;
}

function damageError(damaged: readonly DamagedImage[]): RegError {
  const named = damaged
    .slice(0, MAX_NAMED)
    .map(({ reference, error }) => `${familiarName(parseReference(reference))} (${error.message})`);
  if (damaged.length > MAX_NAMED) named.push(`and ${damaged.length - MAX_NAMED} more`);
  const count =
    damaged.length === 1
      ? '1 image of the local store is'
      : `${damaged.length} images of the local store are`;
  return new RegError('STORE_CORRUPT', `${count} damaged: ${named.join(', ')}`, {
    hint: 'Pull an image again to repair it, or remove it with "reg rmi".',
    cause: damaged[0]?.error,
  });
}
