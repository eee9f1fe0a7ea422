import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The span of time that a folder, a server or a child process lives for. The context of a test is one; for a
 * whole file use `{ after }` from `node:test`.
 */
export interface Scope {
  after(hook: () => Promise<void> | void): void;
}

/** Makes an empty folder that is removed, with all in it, when the scope ends. */
export async function temporaryFolder(scope: Scope): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'reg-test-')));
  // A server that is just being killed may still write: hence the retries.
  scope.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  return folder;
}
