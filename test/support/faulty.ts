/** Sources and sinks that fail as they are told to, one fault after the other, and then never again. */
import type { Content, Sink, Source } from '../../src/content/types.js';
import { RegError, type ErrorCode } from '../../src/errors.js';

/** What goes wrong with one reading: at this byte, counted from where the reading begins. */
export type ReadFault =
  | { readonly kind: 'error'; readonly at: number; readonly code: ErrorCode }
  | { readonly kind: 'short'; readonly at: number }
  | { readonly kind: 'wrong byte'; readonly at: number }
  | { readonly kind: 'long' };

/** What goes wrong with one call of a sink: an error before it does anything, or after it has done it. */
export type SinkFault = { readonly when: 'before' | 'after'; readonly code: ErrorCode };

/** Undefined in the list is a call that goes well. */
export type Faults<T> = readonly (T | undefined)[];

/** `source`, with a fault for each of the first readings. */
export function faultySource(source: Source, faults: Faults<ReadFault>): Source {
  const rest = [...faults];
  return {
    resolve: (name, options) => source.resolve(name, options),
    get: (descriptor) => faultyContent(source.get(descriptor), () => rest.shift()),
  };
}

/** `sink`, with a fault for each of the first calls. */
export function faultySink(sink: Sink, faults: Faults<SinkFault>): Sink {
  const rest = [...faults];
  const suffer = async <T>(task: () => Promise<T>): Promise<T> => {
    const fault = rest.shift();
    const error = fault && new RegError(fault.code, 'the sink failed');
    if (error !== undefined && fault?.when === 'before') throw error;
    const result = await task();
    if (error !== undefined) throw error;
    return result;
  };
  return {
    has: (descriptor, options) => suffer(() => sink.has(descriptor, options)),
    put: (content, options) => suffer(() => sink.put(content, options)),
  };
}

function faultyContent(content: Content, next: () => ReadFault | undefined): Content {
  return {
    ...content,
    async open(options) {
      const chunks = await content.open(options);
      const fault = next();
      return fault === undefined ? chunks : spoil(chunks, fault);
    },
  };
}

async function* spoil(chunks: AsyncIterable<Uint8Array>, fault: ReadFault): AsyncGenerator<Uint8Array> {
  const at = fault.kind === 'long' ? Infinity : fault.at;
  let position = 0;
  for await (const chunk of chunks) {
    const index = at - position;
    position += chunk.length;
    if (index < 0 || index >= chunk.length) {
      yield chunk;
      continue;
    }
    if (fault.kind === 'wrong byte') {
      yield chunk.map((byte, i) => (i === index ? byte ^ 1 : byte));
      continue;
    }
    yield chunk.subarray(0, index);
    if (fault.kind === 'error') throw new RegError(fault.code, 'the source failed');
    return;
  }
  if (fault.kind === 'long') yield Buffer.from('more');
  if (fault.kind === 'error' && at >= position) throw new RegError(fault.code, 'the source failed');
}
