/** Cases of `reg` alone, against the bare start of Node. */

import type { Case, Goal } from './case.js';
import { nodeContestant } from './pulls.js';
import { regCommand } from './tools.js';

/** A command that needs neither network nor store. */
export function ownCommand(
  args: readonly string[],
  options: Pick<Case, 'runs' | 'seconds' | 'isQuick'> & { readonly goal: Goal },
): Case {
  return {
    ...options,
    name: `reg ${args.join(' ')}`,
    images: [],
    contestants: async (rig) => [
      { name: 'reg', command: () => regCommand(rig.home, args) },
      nodeContestant(rig),
    ],
  };
}
