/** What of an image could not be kept on this disk, by this user or by Node: told to the person, once, at the end. */

/** Most paths that are remembered of each kind. */
const MAX_PATHS = 1000;

export interface LostXattrs {
  /** Path in the image. */
  readonly path: string;
  /** Names of the extended attributes, such as `security.capability`. */
  readonly names: readonly string[];
}

export interface Losses {
  /** How many files belong to the user instead of their owners. */
  readonly owners: number;
  /** How many of those had a setuid or setgid bit, which was dropped. */
  readonly setIds: number;
  /** Devices and named pipes that were left out, and hard links to them: at most the first thousand. */
  readonly devices: readonly string[];
  /** Files that were left out because the disk takes their names for others that are there: at most the first thousand. */
  readonly twins: readonly string[];
  /** Files with extended attributes, which Node can't set: at most the first thousand. */
  readonly xattrs: readonly LostXattrs[];
}

/** Why something is not there. */
export type LeftOut = 'devices' | 'twins';

export class LossList implements Losses {
  owners = 0;
  setIds = 0;
  readonly devices: string[] = [];
  readonly twins: string[] = [];
  readonly xattrs: LostXattrs[] = [];

  addLeftOut(path: string, why: LeftOut): void {
    if (this[why].length < MAX_PATHS) this[why].push(path);
  }

  addXattrs(lost: LostXattrs): void {
    if (lost.names.length > 0 && this.xattrs.length < MAX_PATHS) this.xattrs.push(lost);
  }
}
