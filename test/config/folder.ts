import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { temporaryFolder, type Scope } from '../support/temp.js';

/** A folder with these files in it. */
export async function folderWith(scope: Scope, files: Readonly<Record<string, string>>): Promise<string> {
  const root = await temporaryFolder(scope);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}
