/**
 * Where a path of a layer leads in the root, as it is at this moment: the one place where links are followed. As in a
 * container, an absolute link begins at the root of the image, and nothing leads above that. Nothing is remembered from
 * one entry to the next: the folder of the last one may be a link now (node-tar, CVE-2021-32803 and its many sisters).
 */

import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import { joined, split, type Tree } from './tree.js';

/** As many as Linux follows (path_resolution(7)). */
export const MAX_LINKS = 40;

/** No system takes longer paths (`PATH_MAX` of Linux). */
const MAX_LENGTH = 4096;

interface ResolveOptions {
  /** Whether folders that are missing are made. */
  readonly isMade: boolean;
}

/**
 * The real path of the folder that `path` names; undefined where there is none, and it is not made. Throws
 * UNSAFE_ARCHIVE for links that go round, and where it would have to be made in what is no folder.
 */
export function resolveFolder(tree: Tree, path: string, { isMade }: ResolveOptions): string | undefined {
  const waiting = path.split('/').toReversed();
  let here = '';
  let links = 0;
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const next = step(here, part);
    if (next.length > MAX_LENGTH) throw unsafe(path, 'leads to one that is too long');
    const node = tree.look(next);
    if (node?.kind === 'symlink') {
      if (++links > MAX_LINKS) throw unsafe(path, 'leads through too many links');
      if (node.target.startsWith('/')) here = '';
      waiting.push(...node.target.split('/').toReversed());
    } else {
      if (node?.kind === 'other' && isMade)
        throw unsafe(path, `leads through ${quoteText(next)}, which is not a directory`);
      if (node?.kind !== 'folder' && !isMade) return undefined;
      if (node === undefined) tree.putFolder(next);
      here = next;
    }
  }
  return here;
}

function step(here: string, part: string): string {
  if (part === '' || part === '.') return here;
  return part === '..' ? split(here).folder : joined(here, part);
}

function unsafe(path: string, reason: string): RegError {
  return new RegError('UNSAFE_ARCHIVE', `the path ${quoteText(path)} ${reason}`);
}
