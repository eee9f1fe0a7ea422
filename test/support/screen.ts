import type { CopyEvent } from '../../src/content/events.js';
import type { Screen } from '../../src/cli/progress/types.js';
import { digestOf } from '../../src/spec/digest.js';
import type { Descriptor } from '../../src/spec/descriptor.js';

/** A terminal of a given size that remembers every write. */
export class FakeScreen implements Screen {
  readonly isTTY = true;
  readonly writes: string[] = [];
  columns: number;
  rows: number;

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    this.writes.push(text);
  }

  get text(): string {
    return this.writes.join('');
  }

  /** What the terminal shows now, without colours: the few control sequences that progress uses, carried out. */
  visible(): readonly string[] {
    const lines: string[] = [];
    let row = 0;
    let column = 0;
    for (const [token] of this.text.matchAll(/\p{Cc}\[[?\d;]*[A-Za-z]|\n|\r|\P{Cc}+/gu)) {
      const line = lines[row] ?? '';
      if (token === '\r' || token === '\n') column = 0;
      if (token === '\n') row += 1;
      else if (/^\p{Cc}.*A$/u.test(token)) row -= Number(/\d+/.exec(token)?.[0]);
      else if (token === '\u001b[K') lines[row] = line.slice(0, column);
      else if (token === '\u001b[J') lines.splice(row);
      else if (!/^\p{Cc}/u.test(token)) {
        lines[row] = line.slice(0, column) + token + line.slice(column + token.length);
        column += token.length;
      }
    }
    return lines;
  }
}

/** A clock that moves when it is told to. */
export class FakeClock {
  ms = 0;
  readonly now = (): number => this.ms;
}

export function layer(name: string, size: number): Descriptor {
  return {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digestOf(Buffer.from(name)),
    size,
  };
}

export function found(descriptor: Descriptor): CopyEvent {
  return { type: 'found', descriptor };
}

export function progress(descriptor: Descriptor, position: number): CopyEvent {
  return { type: 'progress', descriptor, position };
}

export function done(
  descriptor: Descriptor,
  outcome: 'written' | 'exists' | 'mounted' = 'written',
): CopyEvent {
  return { type: 'done', descriptor, outcome };
}
