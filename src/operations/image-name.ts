/** The names of images in the local store: full references, one form only. */

import { RegError } from '../errors.js';
import type { Layout } from '../layout/layout.js';
import type { Descriptor } from '../spec/descriptor.js';
import {
  DEFAULT_TAG,
  familiarName,
  formatReference,
  parseReference,
  withDefaultTag,
  type Reference,
} from '../spec/reference.js';

/** Index entries say by this annotation which index a platform's manifest was chosen from. */
export const INDEX_DIGEST = 'sh.reg.index.digest';

/** `text` as a reference that names one image: the tag is `latest` where neither tag nor digest is given. */
export function parseImage(text: string): Reference {
  return withDefaultTag(parseReference(text));
}

/** The name under which the store keeps `reference`: a tag is a name, a digest is one only where there is not a tag. */
export function storeName({ domain, path, tag, digest }: Reference): string {
  if (tag !== undefined) return formatReference({ domain, path, tag });
  return formatReference({ domain, path, ...(digest === undefined ? {} : { digest }) });
}

/** What a registry is asked for: the digest if there is one, else the tag. */
export function registryName({ tag = DEFAULT_TAG, digest }: Reference): string {
  return digest ?? tag;
}

/** The digest by which a registry knows what the store keeps: of the index it was chosen from, or its own. */
export function registryDigest(descriptor: Descriptor): string {
  return descriptor.annotations?.[INDEX_DIGEST] ?? descriptor.digest;
}

/** An image of the store. */
export interface StoredImage {
  readonly name: string;
  readonly descriptor: Descriptor;
}

/**
 * The image that `reference` means in the store; a digest may be of the image itself or of the index it came from.
 * Undefined when there is none. Throws STORE_CORRUPT.
 */
export async function findImage(store: Layout, reference: Reference): Promise<StoredImage | undefined> {
  const images = await store.images((name) => isInRepository(name, reference));
  const { digest } = reference;
  const named = images.find((image) => image.name === storeName(reference));
  if (digest === undefined) return named;
  const matches = ({ descriptor }: StoredImage): boolean =>
    descriptor.digest === digest || registryDigest(descriptor) === digest;
  if (named !== undefined && matches(named)) return named;
  return images.find(matches);
}

/** As `findImage`. Throws NOT_FOUND, too: with what may help beside a look at what is there. */
export async function getImage(
  store: Layout,
  reference: Reference,
  hint = `or "reg pull ${familiarName(reference)}"`,
): Promise<StoredImage> {
  const image = await findImage(store, reference);
  if (image !== undefined) return image;
  throw notInStore(reference, `Run "reg images" to see what is there, ${hint}.`);
}

export function notInStore(reference: Reference, hint: string): RegError {
  const message = 'no such image in the local store';
  return new RegError('NOT_FOUND', message, { reference: formatReference(reference), hint });
}

/** Whether a name of the store belongs to the repository of `reference`. */
export function isInRepository(name: string, { domain, path }: Reference): boolean {
  const repository = `${domain}/${path}`;
  return name.startsWith(`${repository}:`) || name.startsWith(`${repository}@`);
}
