/** `reg push`: from local disk to a registry. */

import type { CopyListener } from '../../content/events.js';
import type { CallOptions, Source } from '../../content/types.js';
import { explaining, RegError } from '../../errors.js';
import type { Layout } from '../../layout/layout.js';
import type { RegistryClient } from '../../registry/client.js';
import type { Registry } from '../../registry/registry.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { familiarName, formatReference, parseReference, type Reference } from '../../spec/reference.js';
import { currentIn, type TagRules } from './guarded.js';
import { getImage, isInRepository, parseImage } from '../image-name.js';
import { moveImage } from './move-image.js';
import { withOrigins } from './origins.js';
import type { Plan } from './plan.js';
import { parseRepository } from '../listing/tags.js';
import type { Tally } from './tally.js';

export interface PushOptions extends CallOptions, TagRules {
  readonly client: RegistryClient;
  /** Layers that move at once; default 6. */
  readonly concurrency?: number | undefined;
  readonly onEvent?: CopyListener | undefined;
  /** Finds out what would be done, and does nothing. Default false. */
  readonly dryRun?: boolean | undefined;
}

export interface PushResult {
  /** Full name: `docker.io/myorg/app:1.0`. */
  readonly reference: string;
  /** Docker's short name: `myorg/app:1.0`. */
  readonly familiar: string;
  readonly digest: Digest;
  /** What it took; `written` is what was uploaded. */
  readonly bytes: Tally;
  /** What would be done; only of a dry run, which did none of it. */
  readonly plan?: Plan;
}

/** Where a push takes its image from: any source, and the root of the graph to push. */
export interface PushSource {
  readonly source: Source;
  readonly root: Descriptor;
}

/**
 * Pushes the image that the store keeps under the same name; `tags` are further tags of the same repository.
 * Throws INVALID_REFERENCE, NOT_FOUND and whatever the registry and the store throw.
 */
export async function push(
  image: string,
  options: PushOptions & { readonly store: Layout; readonly tags?: readonly string[] | undefined },
): Promise<readonly PushResult[]> {
  const reference = parseImage(image);
  const name = familiarName(reference);
  const hint = `or "reg push --from docker-daemon:${name} ${name}" if docker or podman has it`;
  const stored = await getImage(options.store, reference, hint).catch(cannotPush(reference));
  const source = await withOrigins(options.store, reference, options);
  return pushFrom({ source, root: stored.descriptor }, { ...options, image });
}

/** Pushes every tag that the store has of a repository. Throws as `push`. */
export async function* pushAllTags(
  repository: string,
  options: PushOptions & { readonly store: Layout },
): AsyncGenerator<PushResult> {
  const reference = parseRepository(repository, 'push all tags');
  const images = await options.store.images((name) => isInRepository(name, reference));
  const names = images.map((image) => image.name).filter((name) => !name.includes('@'));
  if (names.length === 0) {
    throw new RegError(
      'NOT_FOUND',
      `cannot push ${familiarName(reference)}: the local store has no tag of it`,
      { hint: 'Run "reg images" to see what is there.' },
    );
  }
  for (const name of names) yield* await push(name, options);
}

/** Pushes from any source, under the name `image` and under further `tags` of its repository. Throws as `push`. */
export async function pushFrom(
  { source, root }: PushSource,
  options: PushOptions & { readonly image: string; readonly tags?: readonly string[] | undefined },
): Promise<readonly PushResult[]> {
  const first = parseImage(options.image);
  // One for all of them: it knows by now what it has put.
  const registry = options.client.repository(first.domain, first.path);
  const results: PushResult[] = [];
  for (const reference of [first, ...(options.tags ?? []).map((tag) => withTag(first, tag))]) {
    const pushing = pushOne({ source, root }, reference, { ...options, registry });
    results.push(await pushing.catch(cannotPush(reference)));
  }
  return results;
}

async function pushOne(
  { source, root }: PushSource,
  reference: Reference,
  { registry, ...options }: PushOptions & { readonly registry: Registry },
): Promise<PushResult> {
  if (reference.digest !== undefined && reference.digest !== root.digest) {
    throw new RegError(
      'INVALID_ARGUMENT',
      `the image has the digest ${root.digest}, not the one in its name`,
    );
  }
  const home = { host: reference.domain, repository: reference.path };
  const target = { sink: registry, current: currentIn(registry), home };
  const { bytes, plan } = await moveImage(source, root, { ...options, target, name: reference.tag });
  return {
    reference: formatReference(reference),
    familiar: familiarName(reference),
    digest: root.digest,
    bytes,
    ...(plan === undefined ? {} : { plan }),
  };
}

/** The same repository under another tag; checked by the grammar of references. */
function withTag({ domain, path }: Reference, tag: string): Reference {
  return parseReference(`${formatReference({ domain, path })}:${tag}`);
}

function cannotPush(reference: Reference): (error: unknown) => never {
  return explaining(`cannot push ${familiarName(reference)}`, {
    reference: formatReference(reference),
    side: 'destination',
  });
}
