/** Several sources as one: for an index of images that come from different places. */

import { childrenOf, MAX_MANIFEST_SIZE, parseManifest } from '../spec/manifest.js';
import type { Descriptor } from '../spec/descriptor.js';
import type { Digest } from '../spec/digest.js';
import { isManifestType } from '../spec/media-type.js';
import { contentOf, readContent } from './read.js';
import type { Source } from './types.js';

/** Where some manifests are, and all that is below them. */
export interface Part {
  readonly source: Source;
  readonly roots: readonly Descriptor[];
}

/**
 * What a manifest leads to is read from where the manifest is; the first that has something is asked for it. Names are
 * those of the first. No I/O, but for a manifest that is opened, which is read to its end.
 */
export function joined(first: Part, ...others: readonly Part[]): Source {
  const homes = new Map<Digest, Source>();
  const remember = ({ source, roots }: Part): void =>
    roots.forEach(({ digest }) => {
      if (!homes.has(digest)) homes.set(digest, source);
    });
  [first, ...others].forEach(remember);
  return {
    resolve: (name, options) => first.source.resolve(name, options),
    get(descriptor) {
      const source = homes.get(descriptor.digest) ?? first.source;
      const content = source.get(descriptor);
      if (!isManifestType(descriptor.mediaType)) return content;
      return {
        ...content,
        async open(options = {}) {
          const bytes = await readContent(content, { ...options, cap: MAX_MANIFEST_SIZE });
          remember({ source, roots: childrenOf(parseManifest(bytes, descriptor.mediaType)) });
          return contentOf(descriptor, bytes).open(options);
        },
      };
    },
  };
}
