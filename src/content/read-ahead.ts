/** Bytes that are fetched before anybody asks for them. */

export interface ReadAheadOptions {
  readonly onBytes: (count: number) => void;
  /** Called once, when all has come or nothing more will. */
  readonly onEnd: () => void;
}

/**
 * The bytes that `open` leads to, to be read once. They are fetched at once and kept until they are read, however many
 * they are; an error waits for its turn, too, and harms nobody when nobody ever comes to it.
 */
export function readAhead(
  open: () => Promise<AsyncIterable<Uint8Array>>,
  { onBytes, onEnd }: ReadAheadOptions,
): AsyncIterable<Uint8Array> {
  const kept: Uint8Array[] = [];
  let wake: (() => void) | undefined;
  let end: { readonly error?: unknown } | undefined;

  async function fetch(): Promise<void> {
    try {
      for await (const chunk of await open()) {
        kept.push(chunk);
        onBytes(chunk.byteLength);
        wake?.();
      }
      end = {};
    } catch (error) {
      end = { error };
    }
    onEnd();
    wake?.();
  }

  async function* read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (let chunk = kept.shift(); chunk !== undefined; chunk = kept.shift()) yield chunk;
      if (end !== undefined && 'error' in end) throw end.error;
      if (end !== undefined) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  void fetch();
  return read();
}
