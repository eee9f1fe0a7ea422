/** Who holds something: a process, told apart from a later one that got the same id. */

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

import { isObject } from '../spec/json.js';
import { cleanText } from '../spec/text.js';

/** A process on a host. */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** The namespace in which the id means something (pid_namespaces(7)): another one in each container; empty if unknown. */
  readonly space: string;
  /** When it began, in words that only the same system understands; empty where that can't be found out. */
  readonly start: string;
}

/** What is to be known about processes. */
export interface ProcessFacts {
  /** Id of this process. */
  readonly pid: number;
  /** Whether a process of that id runs on this host; true when in doubt. */
  readonly isRunning: (pid: number) => boolean;
  /** Name of this host; default: what the system says. */
  readonly hostname?: string | undefined;
}

export function describeOwner({ pid, hostname: host = hostname() }: ProcessFacts): Owner {
  return { pid, host, space: ownSpace(), start: startOf(pid) };
}

/** Whether `self` can tell if `owner` still runs. Containers may have the name of their host, or of each other. */
export function isInSight(owner: Owner, self: Owner): boolean {
  const isSameSpace = owner.space === self.space || owner.space === '' || self.space === '';
  return owner.host === self.host && isSameSpace;
}

/** Whether `owner`, a process in sight, has surely ended. */
export function hasEnded(owner: Owner, { isRunning }: Pick<ProcessFacts, 'isRunning'>): boolean {
  if (!isRunning(owner.pid)) return true;
  const start = startOf(owner.pid);
  return start !== '' && owner.start !== '' && start !== owner.start;
}

export function parseOwner(value: unknown): Owner | undefined {
  if (!isObject(value)) return undefined;
  const { pid, host, space = '', start } = value;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (typeof host !== 'string' || typeof space !== 'string' || typeof start !== 'string') return undefined;
  return { pid, host, space, start };
}

/** For messages. */
export function formatOwner({ pid, host }: Owner): string {
  return `process ${pid} on host "${cleanText(host, 80)}"`;
}

/** The boot and the tick of it at which a process began (proc_pid_stat(5), field 22); empty without /proc. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    // The second field is a file name in brackets and may hold anything, so count from its end.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return `${boot}/${ticks}`;
  } catch {
    // No /proc (macOS, Windows), or the process has ended: the id alone has to do.
    return '';
  }
}

function ownSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    // No /proc (macOS, Windows): nor are there such namespaces.
    return '';
  }
}
