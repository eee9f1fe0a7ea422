/** Where the programs that are measured find nothing of the person who measures them. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { bareEnvironment } from '../support/child.js';

/** What a program needs besides its arguments. */
export interface Home {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export async function makeHome(folder: string): Promise<Home> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'registries.conf'), '');
  return {
    folder,
    env: {
      ...bareEnvironment(),
      HOME: folder,
      USERPROFILE: folder,
      DOCKER_CONFIG: join(folder, '.docker'),
      XDG_CACHE_HOME: join(folder, '.cache'),
      XDG_CONFIG_HOME: join(folder, '.config'),
      XDG_DATA_HOME: join(folder, '.local', 'share'),
      XDG_RUNTIME_DIR: folder,
    },
  };
}
