/** What an open place that images come from is, and what it takes to open one. */

import type { CallOptions, ResolveOptions, Source } from '../../content/types.js';
import type { EngineSurroundings } from '../../engine/endpoint.js';
import type { Layout } from '../../layout/layout.js';
import type { RegistryClient } from '../../registry/client.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import type { Place } from './place.js';

/** A line for people, safe to print. */
export interface PlaceNotice {
  readonly type: 'wait' | 'warning';
  readonly message: string;
}

/** What places are opened with; only those that are named have to be there. */
export interface Ends extends CallOptions {
  /** For registries. */
  readonly client?: RegistryClient | undefined;
  /** Registries are asked themselves, past their mirrors, which may be behind. Default false. */
  readonly isDirect?: boolean | undefined;
  /** For `store:`. */
  readonly store?: Layout | undefined;
  /** What `-` stands for where it is read. */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  /** How to find a Docker engine: environment and home. Default: the socket where it usually is. */
  readonly engine?: EngineSurroundings | undefined;
  /** Told what takes its time, and what is not as it was asked for. */
  readonly onNotice?: ((notice: PlaceNotice) => void) | undefined;
  /** Where to keep a tar from `stdin` or an engine, and what else can't be read in place; default: the system's. */
  readonly temporaryFolder?: string | undefined;
}

/** An image that was found. */
export interface FoundImage {
  readonly root: Descriptor;
  /** Full reference, or the tag in a layout; undefined where it has no name. */
  readonly name: string | undefined;
}

/** What refers to a manifest. */
export type ListReferrers = (subject: Digest, options?: CallOptions) => Promise<readonly Descriptor[]>;

export interface OpenSource {
  readonly place: Place;
  readonly source: Source;
  /** The image that the place names. Throws NOT_FOUND, INVALID_ARGUMENT where several could be meant. */
  image(options?: Pick<ResolveOptions, 'toRead'>): Promise<FoundImage>;
  /** Everything that is there; undefined where that can't be told: at registries. */
  images(): Promise<readonly FoundImage[]>;
  /** Only of registries, which can be asked. */
  readonly referrers?: ListReferrers;
  /** To be called when the source is not used any more: removes what was kept aside for it. */
  close(): Promise<void>;
}
