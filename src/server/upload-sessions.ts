/** The uploads that are under way: few enough to bound, forgotten when nobody comes back. */

import { randomUUID } from 'node:crypto';

import type { Clock } from '../content/retry.js';
import type { Layout } from '../layout/layout.js';
import type { Session } from '../layout/session.js';

/** Most uploads that may be open at once; each holds a file open. */
const MAX_OPEN = 256;

/** How long an upload is kept without a request, in milliseconds: 1 hour. */
const IDLE_MS = 3_600_000;

/** A request that can be broken off. */
export interface Abortable {
  abort(): void;
}

export interface Upload {
  readonly id: string;
  /** Name of the repository that it was begun in. */
  readonly repository: string;
  readonly session: Session;
}

interface Entry {
  readonly upload: Upload;
  /** In milliseconds of the clock. */
  lastUsed: number;
  /** The request that works on it. */
  worker: { readonly request: Abortable; readonly done: Promise<void> } | undefined;
}

export class UploadSessions {
  readonly #store: Layout;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #entries = new Map<string, Entry>();

  constructor(store: Layout, clock: Pick<Clock, 'now'>) {
    this.#store = store;
    this.#clock = clock;
  }

  /** A new upload; undefined when too many are open. */
  async start(repository: string): Promise<Upload | undefined> {
    await this.#cancelIdle();
    if (this.#entries.size >= MAX_OPEN) return undefined;
    const upload = { id: randomUUID(), repository, session: await this.#store.session() };
    this.#entries.set(upload.id, { upload, lastUsed: this.#clock.now(), worker: undefined });
    return upload;
  }

  /** The open upload with this id in this repository. */
  find(id: string, repository: string): Upload | undefined {
    const upload = this.#entries.get(id)?.upload;
    return upload?.repository === repository ? upload : undefined;
  }

  /**
   * Runs `task` once no other request works on the upload; undefined when that one has closed it. The other one is
   * broken off: its client is back, so its connection must be dead. What it brought is kept.
   */
  async work<T>({ id }: Upload, request: Abortable, task: () => Promise<T>): Promise<T | undefined> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const before = entry.worker;
    before?.request.abort();
    const result = (async () => {
      await before?.done;
      return this.#entries.has(id) ? await task() : undefined;
    })();
    const worker = { request, done: settled(result) };
    entry.worker = worker;
    await worker.done;
    entry.lastUsed = this.#clock.now();
    if (entry.worker === worker) entry.worker = undefined;
    return result;
  }

  /** Forgets an upload; the bytes of one that was not committed are let go. */
  async end({ id, session }: Upload): Promise<void> {
    this.#entries.delete(id);
    await session.cancel();
  }

  /** Ends all uploads. */
  async close(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ upload }) => this.end(upload)));
  }

  async #cancelIdle(): Promise<void> {
    const limit = this.#clock.now() - IDLE_MS;
    const idle = [...this.#entries.values()].filter(
      (entry) => entry.worker === undefined && entry.lastUsed < limit,
    );
    await Promise.all(idle.map(({ upload }) => this.end(upload)));
  }
}

/** Resolves when `promise` has come to an end, good or bad. */
async function settled(promise: Promise<unknown>): Promise<void> {
  await Promise.allSettled([promise]);
}
