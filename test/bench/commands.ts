/** Cases in which hardly a byte moves, so that the start of the program is what takes time. */

import type { Case, Contestant, Rig } from './case.js';
import type { ImageName } from './images.js';
import { bareNode, regCommand } from './tools.js';

type CommandCase = Omit<Case, 'name' | 'images' | 'contestants'>;

/** A command that needs neither network nor store. */
export function ownCommand(args: readonly string[], options: CommandCase): Case {
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

/** What a tag of a registry stands for. */
export function digestOf(image: ImageName, options: CommandCase): Case {
  return {
    ...options,
    name: 'reg digest',
    images: [image],
    async contestants(rig) {
      const from = `${rig.still.host}/${rig.image(image).reference}`;
      const asked = rig.tools.map((tool) => ({ name: tool.name, command: () => tool.digest(from) }));
      return [...asked, nodeContestant(rig)];
    },
  };
}

/** The bare start of Node: what no program that is written for it can be quicker than. */
export function nodeContestant({ home }: Rig): Contestant {
  return { name: 'node', command: () => bareNode(home) };
}
