/** What `copy` tells while it works. Positions are absolute, so that retry and resume need no correction. */

import type { Descriptor } from '../spec/descriptor.js';
import type { Outcome } from './types.js';

export type CopyEvent =
  /** A node of the graph became known: it will be copied, or found to be there. */
  | { readonly type: 'found'; readonly descriptor: Descriptor }
  /** Bytes of a node that have arrived; may fall back when it is begun again. */
  | { readonly type: 'progress'; readonly descriptor: Descriptor; readonly position: number }
  /** A node, and everything below it, is at the sink. */
  | { readonly type: 'done'; readonly descriptor: Descriptor; readonly outcome: Outcome };

export type CopyListener = (event: CopyEvent) => void;
