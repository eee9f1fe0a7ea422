/** What is said of one host while it is worked with: few lines, whatever it is up to. */

import type { Clock, Wait } from '../content/retry.js';
import type { Notices } from './notices.js';
import type { Answer } from './transport.js';
import { shownWarnings } from './http/warnings.js';

interface RemarksOptions {
  /** As in a reference. */
  readonly host: string;
  readonly notices: Notices;
  readonly clock: Clock;
}

/** Most warnings of one server that are shown: it may have a new one with every answer. */
const MAX_WARNINGS = 3;

export class Remarks {
  readonly #options: RemarksOptions;
  /** When the last wait that was announced ends. */
  #announcedUntil = 0;
  /** What was announced so far, but for how long. */
  readonly #announced = new Set<string>();
  /** What the server warned of so far. */
  readonly #warned = new Set<string>();

  constructor(options: RemarksOptions) {
    this.#options = options;
  }

  /**
   * One line for all requests that wait at the same time: it is the same host that they wait for. A server that stumbles
   * again and again, in whatever words, is complained of once for each try.
   */
  onWait({ error, waitMs, attempt, tries }: Wait): void {
    const { clock, notices } = this.#options;
    const now = clock.now();
    const what = `${attempt} ${error.code}`;
    if (now < this.#announcedUntil || this.#announced.has(what)) return;
    this.#announcedUntil = now + waitMs;
    this.#announced.add(what);
    const seconds = Math.max(1, Math.round(waitMs / 1000));
    notices.say('wait', `${error.message}; trying again in ${seconds} s (${attempt} of ${tries})`);
  }

  onAnswer(answer: Answer): void {
    const { host, notices } = this.#options;
    for (const text of shownWarnings(answer.header('warning'))) {
      if (this.#warned.size >= MAX_WARNINGS) return;
      this.#warned.add(text);
      notices.sayOnce('warning', `${host} says: ${notices.clean(text)}`);
    }
  }

  onUncheckedCertificate(): void {
    const { host, notices } = this.#options;
    notices.sayOnce('insecure', `the certificate of ${host} is not checked: anybody could pass for it`);
  }
}
