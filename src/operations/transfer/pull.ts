/** `reg pull`: from a registry into the local store. */

import { DEFAULT_CONCURRENCY } from '../../content/copy.js';
import type { CopyListener } from '../../content/events.js';
import { readManifest } from '../../content/read.js';
import type { CallOptions, Source } from '../../content/types.js';
import { explain, hasCode } from '../../errors.js';
import type { Layout } from '../../layout/layout.js';
import type { RegistryClient } from '../../registry/client.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import { isIndexType } from '../../spec/media-type.js';
import { choosePlatform } from '../../spec/platform-choice.js';
import { formatPlatform, normalizePlatform, type Platform } from '../../spec/platform.js';
import { familiarName, formatReference, type Reference } from '../../spec/reference.js';
import { currentIn } from './guarded.js';
import {
  findImage,
  INDEX_DIGEST,
  parseImage,
  registryDigest,
  registryName,
  storeName,
  type StoredImage,
} from '../image-name.js';
import { moveImage } from './move-image.js';
import type { Ends } from '../places/open-source.js';
import { thisMachine } from '../this-machine.js';
import type { Plan } from './plan.js';
import { parseRepository } from '../listing/tags.js';

export interface PullOptions extends CallOptions {
  readonly client: RegistryClient;
  readonly store: Layout;
  /** Which image of an index to take; default: for this machine. */
  readonly platform?: Platform | undefined;
  /** Take the whole index instead. Default false. */
  readonly allPlatforms?: boolean | undefined;
  /** Layers that move at once; default 6. */
  readonly concurrency?: number | undefined;
  readonly onEvent?: CopyListener | undefined;
  /** Told when an image is for another platform than was asked for. */
  readonly onNotice?: Ends['onNotice'];
  /** Finds out what would be done, and does nothing. Default false. */
  readonly dryRun?: boolean | undefined;
}

export interface PullResult {
  /** Full name: `docker.io/library/nginx:latest`. */
  readonly reference: string;
  /** Docker's short name: `nginx:latest`. */
  readonly familiar: string;
  /** What the name stands for at the registry: the index, where there is one. */
  readonly digest: Digest;
  /** The manifest that was stored; differs from `digest` when one platform of an index was chosen. */
  readonly manifest: Digest;
  readonly platform?: string;
  readonly status: 'downloaded' | 'up-to-date';
  /** Bytes that were fetched for the store: after a pull that broke off only the rest. */
  readonly fetched: number;
  /** What would be done; only of a dry run, which did none of it and tells what the rest would be. */
  readonly plan?: Plan;
}

const BROKEN = 'The image is broken at the registry: it has to be built or pushed again.';
const CHANGED =
  'The registry, or something on the way, changed it: try again, and if that does not help have it pushed again.';

/**
 * Pulls one image into the store and names it there. When the store has it already that costs one request. Throws
 * INVALID_REFERENCE, NOT_FOUND, PLATFORM_NOT_FOUND and whatever the registry and the store throw.
 */
export async function pull(image: string, options: PullOptions): Promise<PullResult> {
  return pullNamed(parseImage(image), options);
}

/** Pulls every tag of a repository, one after the other. Throws as `pull`. */
export async function* pullAllTags(repository: string, options: PullOptions): AsyncGenerator<PullResult> {
  const reference = parseRepository(repository, 'pull all tags');
  const { domain, path } = reference;
  try {
    for await (const tag of options.client.repository(domain, path).tags({ signal: options.signal })) {
      yield await pullNamed({ domain, path, tag }, options);
    }
  } catch (error) {
    throw explain(error, `cannot pull all tags of ${familiarName(reference)}`, { side: 'source' });
  }
}

async function pullNamed(reference: Reference, options: PullOptions): Promise<PullResult> {
  try {
    return await pullImage(reference, options);
  } catch (error) {
    throw explain(error, `cannot pull ${familiarName(reference)}`, {
      reference: formatReference(reference),
      side: 'source',
      ...(hasCode(error, 'DIGEST_MISMATCH', 'SIZE_MISMATCH') && { hint: CHANGED }),
      ...(hasCode(error, 'INVALID_MANIFEST') && { hint: BROKEN }),
    });
  }
}

async function pullImage(reference: Reference, options: PullOptions): Promise<PullResult> {
  const { client, store, dryRun, signal, concurrency, onEvent } = options;
  const registry = client.source(reference);
  const known = await findImage(store, reference);
  // What the store may have costs a HEAD, which Docker Hub does not count as a pull; what it lacks, the one GET.
  const isNew = known === undefined;
  const named = await registry.resolve(registryName(reference), {
    signal,
    toRead: isNew,
    soon: isNew ? (concurrency ?? DEFAULT_CONCURRENCY) : 1,
  });
  const root = await chooseRoot(registry, { named, known }, options);
  const target = { sink: store, current: currentIn(store), folder: store.folder };
  const { outcome, bytes, plan } = await moveImage(registry, root, {
    target,
    name: storeName(reference),
    dryRun,
    signal,
    concurrency,
    onEvent,
  });
  if (options.platform !== undefined && !isIndexType(named.mediaType)) {
    const { warnOfOtherPlatform } = await import('../other-platform.js');
    const source = dryRun === true ? registry : store;
    await warnOfOtherPlatform(
      { source, root },
      { ...options, name: familiarName(reference), platforms: [options.platform] },
    );
  }
  return {
    reference: formatReference(reference),
    familiar: familiarName(reference),
    digest: named.digest,
    manifest: root.digest,
    ...(root.platform === undefined ? {} : { platform: formatPlatform(root.platform) }),
    status: outcome === 'exists' && known?.descriptor.digest === root.digest ? 'up-to-date' : 'downloaded',
    fetched: bytes.written,
    ...(plan === undefined ? {} : { plan }),
  };
}

/** The node to store: all that the name stands for, or one platform of it. */
async function chooseRoot(
  registry: Source,
  { named, known }: { readonly named: Descriptor; readonly known: StoredImage | undefined },
  { allPlatforms = false, platform = thisMachine(), signal }: PullOptions,
): Promise<Descriptor> {
  if (allPlatforms || !isIndexType(named.mediaType)) return named;
  // The store remembers what it chose from this very index, which saves fetching it again.
  if (
    known !== undefined &&
    registryDigest(known.descriptor) === named.digest &&
    isFor(known.descriptor, platform)
  ) {
    return known.descriptor;
  }
  const index = await readManifest(registry, named, { signal });
  const chosen = choosePlatform(index.kind === 'index' ? index.manifests : [], platform);
  return { ...chosen, annotations: { ...chosen.annotations, [INDEX_DIGEST]: named.digest } };
}

function isFor(descriptor: Descriptor, platform: Platform): boolean {
  const { platform: own } = descriptor;
  return own !== undefined && formatPlatform(normalizePlatform(own)) === formatPlatform(platform);
}
