/** What the registry client has to say while it works: each line safe to print, warnings said once. */

import type { Redactor } from '../spec/redactor.js';
import { cleanText } from '../spec/text.js';

export interface Notice {
  /**
   * `warning` is from the server, `wait` announces a pause, `mirror` tells of one that is passed over, `insecure` of a
   * check left out, `debug` of each request.
   */
  readonly type: 'warning' | 'wait' | 'mirror' | 'insecure' | 'debug';
  /** One line without control characters and secrets. */
  readonly message: string;
}

/** Longest notice, in characters. */
const MAX_LENGTH = 500;
/** Shorter values of a query, such as times and sizes, sign nothing. */
const MIN_SIGNATURE = 16;

export class Notices {
  readonly #redactor: Redactor;
  readonly #listener: ((notice: Notice) => void) | undefined;
  readonly #said = new Set<string>();

  constructor(redactor: Redactor, listener: ((notice: Notice) => void) | undefined) {
    this.#redactor = redactor;
    this.#listener = listener;
  }

  /** Masks, from now on, what the query of a URL may be signed with. */
  hideSignature(url: URL): void {
    for (const value of url.searchParams.values())
      if (value.length >= MIN_SIGNATURE) this.#redactor.add(value);
  }

  say(type: Notice['type'], message: string): void {
    this.#listener?.({ type, message: this.clean(message, MAX_LENGTH) });
  }

  /** As `say`, but each message only the first time. */
  sayOnce(type: Notice['type'], message: string): void {
    const key = `${type} ${message}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.say(type, message);
  }

  /** `text` from outside, safe to print. Masked twice: cutting may split a secret, and cleaning may join one. */
  clean(text: string, maxLength?: number): string {
    return this.#redactor.redact(cleanText(this.#redactor.redact(text), maxLength));
  }
}
