/**
 * Which names of an image are on a disk that takes several names for one: `Makefile` and `makefile`, as macOS and Windows
 * do. What is found there by a name that was not put there is another file, and not to be touched (git, CVE-2021-21300).
 */

import * as fs from 'node:fs';

import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';
import { lookAt } from './disk-calls.js';
import { joined, split } from './tree.js';

/** Upper and lower case, and a letter that Unicode can write in two ways. */
const PROBE = '.reg-Probe-\u00c4';
const TWINS = [PROBE.toLowerCase(), PROBE.normalize('NFD')] as const;

export interface KnownNames {
  /** Whether what is at `path`, if anything is, was put there by this name. */
  has(path: string): boolean;
  add(path: string): void;
  /** Forgets it, and what is below. */
  remove(path: string): void;
  /** The names below a folder that were put there; undefined where the disk tells names apart, and nobody has to know. */
  below(path: string): readonly string[] | undefined;
}

/** For what is put below `root`, which is empty. */
export function knownNames(root: string): KnownNames {
  return foldsNames(root) ? new NamesOfFolders() : EVERY_NAME;
}

/** What is there is called as it is looked for. */
const EVERY_NAME: KnownNames = { has: () => true, add() {}, remove() {}, below: () => undefined };

/** Whether a file can be found by more names than its own. */
function foldsNames(root: string): boolean {
  const probe = joined(root, PROBE);
  fs.writeFileSync(probe, '', { flag: 'wx' });
  try {
    return TWINS.some((name) => lookAt(joined(root, name)) !== undefined);
  } finally {
    fs.rmSync(probe);
  }
}

/** For a folder in place of which there is a file by another name: what is in it can be nowhere. */
export function noRoomFor(path: string): RegError {
  return new RegError(
    'UNSUPPORTED',
    `this disk takes the directory ${quoteText(path)} for a file that is there`,
    {
      hint: 'Unpack it on a disk that tells upper from lower case, or write the files to a tar with "reg export".',
    },
  );
}

class NamesOfFolders implements KnownNames {
  readonly #names = new Map<string, Set<string>>([['', new Set()]]);

  has(path: string): boolean {
    const { folder, name } = split(path);
    return path === '' || this.#names.get(folder)?.has(name) === true;
  }

  add(path: string): void {
    const { folder, name } = split(path);
    const names = this.#names.get(folder) ?? new Set();
    this.#names.set(folder, names.add(name));
  }

  remove(path: string): void {
    for (const name of this.below(path)) this.remove(joined(path, name));
    this.#names.delete(path);
    const { folder, name } = split(path);
    this.#names.get(folder)?.delete(name);
  }

  below(path: string): readonly string[] {
    return [...(this.#names.get(path) ?? [])];
  }
}
