/** Which bytes of a content there are. */

/** A stretch: the offset of its first byte, and the one after its last. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export class Extents {
  /** In order; no two of them touch. */
  #spans: readonly Span[] = [];

  constructor(spans: Iterable<Span> = []) {
    for (const span of spans) this.add(span);
  }

  get spans(): readonly Span[] {
    return this.#spans;
  }

  /** Number of bytes. */
  get size(): number {
    return this.#spans.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** Where the first byte is missing. */
  get front(): number {
    const [first] = this.#spans;
    return first?.from === 0 ? first.to : 0;
  }

  add(span: Span): void {
    if (span.from >= span.to) return;
    const isApart = ({ from, to }: Span): boolean => to < span.from || from > span.to;
    const touched = [span, ...this.#spans.filter((each) => !isApart(each))];
    const whole = {
      from: Math.min(...touched.map(({ from }) => from)),
      to: Math.max(...touched.map(({ to }) => to)),
    };
    this.#spans = [...this.#spans.filter(isApart), whole].sort((one, other) => one.from - other.from);
  }

  /** What is missing of `span`, in order. */
  missing(span: Span): readonly Span[] {
    const missing: Span[] = [];
    let position = span.from;
    for (const { from, to } of this.#spans) {
      if (to <= position || from >= span.to) continue;
      if (from > position) missing.push({ from: position, to: from });
      position = to;
    }
    if (position < span.to) missing.push({ from: position, to: span.to });
    return missing;
  }
}
