import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env, platform } from 'node:process';

/**
 * Options of a test that needs outside programs: `test('…', needs('skopeo'), async (t) => …)`. Where one is not
 * installed the test is skipped, and says which; in CI it runs all the same, so that `programPath` fails it.
 */
export function needs(...programs: readonly string[]): { readonly skip: string | false } {
  const missing = programs.filter((program) => findProgram(program) === undefined);
  if (missing.length === 0 || env['CI']) return { skip: false };
  return { skip: `not installed: ${missing.join(', ')}` };
}

/** Where a program is. Throws when it is not on the PATH. */
export function programPath(program: string): string {
  const path = findProgram(program);
  if (path === undefined)
    throw new Error(`This test needs the program "${program}", which is not on the PATH.`);
  return path;
}

/** Where a program is; undefined when it is not on the PATH. */
export function findProgram(program: string): string | undefined {
  const name = platform === 'win32' ? `${program}.exe` : program;
  return (env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not for us: both mean "look further".
    return false;
  }
}
