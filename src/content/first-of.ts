/**
 * Several sources as one: the first that has what is asked for gives it, and the last has the last word.
 *
 *     mirror ──▶ mirror ──▶ the registry itself
 *
 * One that fails is passed over, and where it broke off in the middle the next one goes on. A tag is resolved once, and
 * all below it is asked for by digest: so it does not matter which of them a layer comes from.
 */

import { hasCode, RegError } from '../errors.js';
import type { Descriptor } from '../spec/descriptor.js';
import { isDigest } from '../spec/digest.js';
import { MAX_MANIFEST_SIZE } from '../spec/manifest.js';
import { isManifestType } from '../spec/media-type.js';
import { readContent } from './read.js';
import { receive } from './receive.js';
import type { CallOptions, Content, OpenOptions, Origin, Receiver, ResolveOptions, Source } from './types.js';
import { Verifier } from './verify.js';

export interface Alternative {
  readonly source: Source;
  /** Whether its word is taken for what a tag stands for. */
  readonly resolves: boolean;
  /** Called at its first failure, where it is not the last. */
  readonly onPass: (error: RegError) => void;
}

/** `find` is called once, at the first call; it answers at least one. `origin` is that of the last. */
export function firstOf(
  find: () => Promise<readonly Alternative[]>,
  { origin }: { readonly origin?: Origin | undefined } = {},
): Source {
  const choice = new Choice(find);
  return {
    resolve: (name, options) => choice.resolve(name, options),
    get: (descriptor) => ({ ...contentFrom(choice, descriptor), ...(origin && { origin }) }),
  };
}

class Choice {
  readonly #find: () => Promise<readonly Alternative[]>;
  #found: Promise<readonly Alternative[]> | undefined;
  readonly #passed = new Set<Alternative>();
  readonly #told = new Set<Alternative>();

  constructor(find: () => Promise<readonly Alternative[]>) {
    this.#find = find;
  }

  /** Those that are left; the last is always among them. */
  async left(): Promise<readonly Alternative[]> {
    const all = await (this.#found ??= this.#find());
    return all.filter((each, at) => at === all.length - 1 || !this.#passed.has(each));
  }

  /** Notes that one failed; with `forGood` it is asked for nothing more. Throws what is no fault of a source. */
  pass(alternative: Alternative, error: unknown, { forGood }: { readonly forGood: boolean }): void {
    if (!(error instanceof RegError) || hasCode(error, 'ABORTED', 'INVALID_CONFIG')) throw error;
    if (forGood) this.#passed.add(alternative);
    if (this.#told.has(alternative)) return;
    this.#told.add(alternative);
    alternative.onPass(error);
  }

  async resolve(name: string, options: ResolveOptions = {}): Promise<Descriptor> {
    const left = await this.left();
    const last = left.at(-1);
    for (const alternative of left.slice(0, -1)) {
      if (!alternative.resolves && !isDigest(name)) continue;
      try {
        return await resolveFully(alternative.source, name, options);
      } catch (error) {
        this.pass(alternative, error, { forGood: true });
      }
    }
    if (last === undefined) throw new RegError('NOT_FOUND', 'there is no source to ask');
    return last.source.resolve(name, options);
  }
}

/** Not believed before it has given the manifest, too: else nobody else could be asked what the name stands for. */
async function resolveFully(source: Source, name: string, { signal }: CallOptions): Promise<Descriptor> {
  const descriptor = await source.resolve(name, { signal, toRead: true });
  if (isManifestType(descriptor.mediaType))
    await readContent(source.get(descriptor), { cap: MAX_MANIFEST_SIZE, signal });
  return descriptor;
}

function contentFrom(choice: Choice, descriptor: Descriptor): Content {
  /** Those that are not asked for this content any more. */
  const passed = new Set<Alternative>();
  const leftOf = async (): Promise<readonly Alternative[]> => {
    const left = await choice.left();
    return left.filter((each, at) => at === left.length - 1 || !passed.has(each));
  };
  const open = async (options: OpenOptions = {}): Promise<AsyncIterable<Uint8Array>> => {
    const left = await leftOf();
    const [only] = left;
    if (left.length === 1 && only !== undefined) return only.source.get(descriptor).open(options);
    return readFrom(left, { descriptor, choice, passed, ...options });
  };
  return {
    descriptor,
    open,
    async spread(receiver: Receiver) {
      const [only, ...others] = await leftOf();
      const isOnly = others.length === 0 && only !== undefined;
      return receive(isOnly ? only.source.get(descriptor) : { descriptor, open }, receiver);
    },
  };
}

interface Reading extends OpenOptions {
  readonly descriptor: Descriptor;
  readonly choice: Choice;
  readonly passed: Set<Alternative>;
}

async function* readFrom(
  left: readonly Alternative[],
  { descriptor, choice, passed, from = 0, to = descriptor.size, signal }: Reading,
): AsyncGenerator<Uint8Array> {
  const isWhole = from === 0 && to >= descriptor.size;
  const verifier = new Verifier(descriptor);
  const used: Alternative[] = [];
  let position = from;
  for (const [at, alternative] of left.entries()) {
    const isLast = at === left.length - 1;
    const start = position;
    try {
      for await (const chunk of await alternative.source
        .get(descriptor)
        .open({ from: position, to, signal })) {
        position += chunk.byteLength;
        if (isWhole) verifier.update(chunk);
        yield chunk;
      }
      if (!isLast) used.push(alternative);
      break;
    } catch (error) {
      if (isLast) throw error;
      if (position > start) used.push(alternative);
      const isOnlyThis =
        position > start || (hasCode(error, 'NOT_FOUND') && !isManifestType(descriptor.mediaType));
      choice.pass(alternative, error, { forGood: !isOnlyThis });
      passed.add(alternative);
    }
  }
  finish(used, { verifier, choice, passed, isWhole });
}

/**
 * What is wrong in the end cannot be taken back, but whoever asks again is not given it again. Whether the rest of
 * something is right only the receiver can tell: should it ask once more, somebody else is asked.
 */
function finish(
  used: readonly Alternative[],
  {
    verifier,
    choice,
    passed,
    isWhole,
  }: Pick<Reading, 'choice' | 'passed'> & { readonly verifier: Verifier; readonly isWhole: boolean },
): void {
  if (!isWhole) for (const each of used) passed.add(each);
  if (!isWhole || used.length === 0) return;
  try {
    verifier.finish();
  } catch (error) {
    for (const each of used) choice.pass(each, error, { forGood: true });
    throw error;
  }
}
