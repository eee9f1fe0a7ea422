/** What is known about one image on its way: the state that every kind of progress is drawn from. */

import type { CopyEvent } from '../../content/events.js';
import type { Outcome } from '../../content/types.js';
import type { Descriptor } from '../../spec/descriptor.js';
import { isImageConfigType, isManifestType, OCI_EMPTY } from '../../spec/media-type.js';

/** One part of an image. */
export interface Part {
  readonly descriptor: Descriptor;
  /** Whether it is shown by itself: manifests and configs are too small to be of interest. */
  readonly isLayer: boolean;
  /** Bytes that have arrived; undefined as long as nothing was opened. */
  readonly position: number | undefined;
  /** Bytes that an earlier run had left here. */
  readonly resumedAt: number;
  /** Bytes a second, lately. */
  readonly speed: number;
  readonly outcome?: Outcome;
}

/** Where all of it stands; sizes and positions in bytes. */
export interface Total {
  readonly size: number;
  readonly position: number;
  /** Bytes that were really moved, by now and in this run. */
  readonly moved: number;
  readonly speed: number;
  /** Since the beginning. */
  readonly elapsedMs: number;
  /** Undefined when there is nothing to tell it from. */
  readonly leftMs: number | undefined;
}

/** Speeds are those of the last 3 seconds: steady to read, quick to notice a change. */
const WINDOW_MS = 3000;

export class Transfer {
  readonly #now: () => number;
  readonly #parts = new Map<string, PartState>();
  readonly #meter: Meter;
  readonly #startedAt: number;
  #moved = 0;

  /** `now` is a clock in milliseconds that never jumps. */
  constructor(now: () => number) {
    this.#now = now;
    this.#startedAt = now();
    this.#meter = new Meter(now);
  }

  /** Takes an event in; answers the part it was about as it is now. */
  take(event: CopyEvent): Part {
    const part = this.#partOf(event.descriptor);
    if (event.type === 'progress') this.#advance(part, event.position);
    // What was written for one tag is found to be there for the next: the first says more.
    if (event.type === 'done' && part.outcome !== 'written') part.outcome = event.outcome;
    return part;
  }

  /** The parts of interest, in the order in which they became known. */
  layers(): readonly Part[] {
    return [...this.#parts.values()].filter((part) => part.isLayer);
  }

  total(): Total {
    let size = 0;
    let position = 0;
    for (const part of this.#parts.values()) {
      size += part.descriptor.size;
      position += part.outcome === undefined ? (part.position ?? 0) : part.descriptor.size;
    }
    const speed = this.#meter.speed();
    return {
      size,
      position,
      moved: this.#moved,
      speed,
      elapsedMs: this.#now() - this.#startedAt,
      leftMs: speed > 0 ? ((size - position) / speed) * 1000 : undefined,
    };
  }

  #partOf(descriptor: Descriptor): PartState {
    const known = this.#parts.get(descriptor.digest);
    if (known !== undefined) return known;
    const part = new PartState(descriptor, this.#now);
    this.#parts.set(descriptor.digest, part);
    return part;
  }

  /** A position that falls back is a new beginning: what was moved before was moved all the same. */
  #advance(part: PartState, position: number): void {
    const step = part.position === undefined ? 0 : Math.max(0, position - part.position);
    if (part.position === undefined) part.resumedAt = position;
    if (position < part.resumedAt) part.resumedAt = 0;
    part.position = position;
    part.meter.add(step);
    this.#meter.add(step);
    this.#moved += step;
  }
}

class PartState implements Part {
  readonly descriptor: Descriptor;
  readonly isLayer: boolean;
  readonly meter: Meter;
  position: number | undefined;
  resumedAt = 0;
  declare outcome?: Outcome;

  constructor(descriptor: Descriptor, now: () => number) {
    this.descriptor = descriptor;
    const { mediaType } = descriptor;
    this.isLayer = !isManifestType(mediaType) && !isImageConfigType(mediaType) && mediaType !== OCI_EMPTY;
    this.meter = new Meter(now);
  }

  get speed(): number {
    return this.meter.speed();
  }
}

/** Bytes a second over the last few seconds. */
class Meter {
  readonly #now: () => number;
  /** Sums of bytes by slots of 100 ms, oldest first, so that a fast line costs no more than a slow one. */
  #slots: { readonly at: number; bytes: number }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  add(bytes: number): void {
    const at = this.#now();
    const last = this.#slots.at(-1);
    if (last !== undefined && at - last.at < 100) last.bytes += bytes;
    else this.#slots.push({ at, bytes });
  }

  speed(): number {
    const now = this.#now();
    this.#slots = this.#slots.filter((slot) => now - slot.at <= WINDOW_MS);
    const first = this.#slots[0];
    // Half a second is the least that a speed can be told from.
    if (first === undefined || now - first.at < 500) return 0;
    const bytes = this.#slots.reduce((sum, slot) => sum + slot.bytes, 0);
    return (bytes / (now - first.at)) * 1000;
  }
}
