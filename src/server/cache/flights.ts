/** The blobs that are on their way in, each once, however many want it. */

import type { Content } from '../../content/types.js';
import type { Layout } from '../../layout/layout.js';
import { Flight } from './flight.js';
import type { Upstream } from './names.js';
import { explainUpstream } from './upstream-error.js';

export class Flights {
  readonly #store: Layout;
  /** By digest and size: who names a wrong size is not to spoil it for the others. */
  readonly #flights = new Map<string, Flight>();

  constructor(store: Layout) {
    this.#store = store;
  }

  /** The flight of a blob; it sets off, from `upstream`, unless it is under way. */
  join(content: Content, upstream: Upstream): Flight {
    const { digest, size } = content.descriptor;
    const key = `${digest} ${size}`;
    const known = this.#flights.get(key);
    if (known?.isFlying === true) return known;
    // One that was broken off lets go of its file first, so that the next one goes on with that.
    const onFailure = (error: unknown): unknown => explainUpstream(error, upstream);
    const flight = new Flight(content, { store: this.#store, after: known?.ended, onFailure });
    this.#flights.set(key, flight);
    void this.#forget(key, flight);
    return flight;
  }

  /** Breaks off what is under way, and waits until nothing is written any more. */
  async close(): Promise<void> {
    const flights = [...this.#flights.values()];
    for (const flight of flights) flight.cancel();
    await Promise.all(flights.map(({ ended }) => ended));
  }

  async #forget(key: string, flight: Flight): Promise<void> {
    await flight.ended;
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
