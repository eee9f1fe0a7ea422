/** A store in memory, for tests and small artifacts: the shortest true Source and Sink. */

import { RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { shortDigest } from '../spec/digest.js';
import { quoteText } from '../spec/text.js';
import { contentOf, readContent } from './read.js';
import type { Content, Outcome, PutOptions, Sink, Source } from './types.js';

/** Holds bytes by digest, and names. Nothing is ever removed. `put` reads all of a content into memory. */
export class Memory implements Source, Sink {
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #names = new Map<string, Descriptor>();

  async resolve(name: string): Promise<Descriptor> {
    const descriptor = this.#names.get(name);
    if (descriptor === undefined) throw new RegError('NOT_FOUND', `${quoteText(name)} is not in memory`);
    return descriptor;
  }

  get(descriptor: Descriptor): Content {
    return {
      descriptor,
      open: async (options) => {
        const bytes = this.#bytes.get(descriptor.digest);
        if (bytes === undefined)
          throw new RegError('NOT_FOUND', `${shortDigest(descriptor.digest)} is not in memory`);
        return contentOf(descriptor, bytes).open(options);
      },
    };
  }

  async has(descriptor: Descriptor): Promise<boolean> {
    return this.#bytes.has(descriptor.digest);
  }

  async put(content: Content, { tag, signal, fresh = false }: PutOptions = {}): Promise<Outcome> {
    const { descriptor } = content;
    const exists = !fresh && this.#bytes.has(descriptor.digest);
    if (!exists)
      this.#bytes.set(descriptor.digest, await readContent(content, { cap: descriptor.size, signal }));
    this.#names.set(descriptor.digest, descriptor);
    if (tag !== undefined) this.#names.set(tag, descriptor);
    return exists ? 'exists' : 'written';
  }
}
