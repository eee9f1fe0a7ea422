/** What is measured: a piece of work, who does it, and what is wanted of `reg`. */

import type { Scope } from '../support/temp.js';
import type { Home } from './home.js';
import type { BenchImage, ImageName } from './images.js';
import type { Command } from './measure.js';
import type { Relay } from './relay.js';
import type { Server } from './servers.js';
import type { Tool } from './tools.js';

/** Everything that a case may use; what it starts ends with `scope`. */
export interface Rig {
  readonly scope: Scope;
  /** `reg`, then the peers. */
  readonly tools: readonly [Tool, ...Tool[]];
  readonly home: Home;
  /** Where files are kept from one run of the bench to the next. */
  readonly cache: string;
  /** Has all images that the cases name. */
  readonly still: Server;
  /** One that the case named. */
  image(name: ImageName): BenchImage;
  /** An empty folder, removed with `scope`. */
  folder(): Promise<string>;
}

/** One of those who do the same work in turn. */
export interface Contestant {
  readonly name: string;
  /** Makes ready for one run; not measured. */
  readonly before?: () => Promise<void>;
  /** Asked for after `before`. */
  readonly command: () => Command;
  /** What it goes through, so that its bytes are counted. */
  readonly relay?: Relay;
}

/** The program of a contestant: `reg, 8 connections` is `reg`. */
export function programOf(name: string): string {
  return name.replace(/,.*/, '');
}

export interface Goal {
  /** Largest ratio that is good. */
  readonly atMost: number;
  /** Against the quickest peer, or against Node that does nothing. */
  readonly of: 'peer' | 'node';
  /** Takes the start of Node off before. Default false. */
  readonly lessNode?: boolean;
  /** Most bytes over the network that are good, besides. */
  readonly bytesAtMost?: number;
}

/** Peak memory of `reg` that is good, in bytes. */
export const MOST_MEMORY = { 'pull or push': 110e6, 'pull in parallel ranges': 150e6 };

export interface Case {
  readonly name: string;
  readonly goal?: Goal;
  /** Images that the rig has to have. */
  readonly images: readonly ImageName[];
  /** Runs of each contestant, besides one to warm up. */
  readonly runs: number;
  /** Default true. Not worth its time where the network is what is waited for. */
  readonly warmUp?: boolean;
  /**
   * The peers run at the same time, each over a relay of its own, after `reg` has run alone: where one that the network
   * holds up takes nothing from the others, that is minutes. Default false. Their CPU time is not known then.
   */
  readonly peersTogether?: boolean;
  /** What kind of work it is for the memory that is good. Default: any may be needed. */
  readonly memory?: keyof typeof MOST_MEMORY;
  /** About how long it takes in all. */
  readonly seconds: number;
  /** Part of `--quick`. Default false. */
  readonly isQuick?: boolean;
  /** The first one is `reg`. */
  contestants(rig: Rig): Promise<readonly Contestant[]>;
}
