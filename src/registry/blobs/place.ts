/** Where a registry keeps the bytes of one blob: with itself, or where it redirects to, often by a URL that expires. */

import { hasCode } from '../../errors.js';
import type { Answer, Request } from '../transport.js';

type Where = Pick<Request, 'target' | 'redirected'>;
type SendTo = (where: Where) => Promise<Answer>;

/** The last known place, and whether it was found a second time. */
interface Known {
  readonly where: Where;
  hasWorked: boolean;
}

export class BlobPlace {
  readonly #own: Where;
  /** Nothing as long as the registry was not asked. */
  #known: Known | undefined;
  /** Ends when the registry has been asked. */
  #asking: Promise<unknown> | undefined;
  /** Whether what the registry redirects to may be asked more than once. */
  #isLasting = true;

  /** `target` is the blob's path at the registry. */
  constructor(target: string) {
    this.#own = { target };
  }

  /**
   * What `send` answers where the blob is. The registry is asked once, and again when its redirect has expired; those
   * who come meanwhile wait to hear where it leads. Throws what `send` throws.
   */
  async ask(send: SendTo): Promise<Answer> {
    while (this.#known === undefined && this.#asking !== undefined) await this.#asking;
    if (this.#known !== undefined) return this.#askKnown(this.#known, send);
    const answering = this.#askRegistry(send);
    this.#asking = answering.catch(() => {});
    try {
      return await answering;
    } finally {
      this.#asking = undefined;
    }
  }

  async #askRegistry(send: SendTo): Promise<Answer> {
    const answer = await send(this.#own);
    const isElsewhere = answer.redirected === true && this.#isLasting;
    const where = isElsewhere ? { target: answer.url, redirected: true } : this.#own;
    this.#known = { where, hasWorked: false };
    return answer;
  }

  async #askKnown(known: Known, send: SendTo): Promise<Answer> {
    if (known.where === this.#own) return send(this.#own);
    try {
      const answer = await send(known.where);
      known.hasWorked = true;
      return answer;
    } catch (error) {
      if (this.#known === known) this.#known = undefined;
      if (!hasCode(error, 'UNAUTHORIZED', 'DENIED', 'NOT_FOUND')) throw error;
      // A URL for a single use, or a server that wants the registry's credential: from now on each time by the registry.
      if (!known.hasWorked) this.#isLasting = false;
      return this.ask(send);
    }
  }
}
