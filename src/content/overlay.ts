/** What changes an image: new documents over a source that has all the rest. */

import type { Content, Source } from './types.js';

/**
 * `source`, which has `contents` as well, and first: new manifests and configs, which `contentOf` makes of bytes, or
 * layers. Copied from it, the new parts are written and the others mounted or moved as they would be anyway. No I/O.
 */
export function overlay(source: Source, contents: readonly Content[]): Source {
  const own = new Map<string, Content>(contents.map((content) => [content.descriptor.digest, content]));
  return {
    resolve: (name, options) => source.resolve(name, options),
    get: (descriptor) => own.get(descriptor.digest) ?? source.get(descriptor),
  };
}
