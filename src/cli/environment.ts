/** Where things are and what holds by default, as the environment says. */

import { isAbsolute, join } from 'node:path';

import { RegError } from '../errors.js';
import type { Environment } from './style.js';

/** What is known about the machine and the person. */
export interface Surroundings {
  readonly env: Environment;
  /** Folder of the person; undefined when nobody knows one. */
  readonly home: string | undefined;
}

/** The local store: `$REG_STORE`, else `$XDG_DATA_HOME/reg`, else `~/.local/share/reg`. Throws INVALID_CONFIG. */
export function storeFolder({ env, home }: Surroundings): string {
  const chosen = env['REG_STORE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const data = env['XDG_DATA_HOME'] ?? '';
  // A relative path there is to be ignored (XDG base directory specification 0.8).
  if (isAbsolute(data)) return join(data, 'reg');
  if (home !== undefined) return join(home, '.local', 'share', 'reg');
  throw new RegError('INVALID_CONFIG', 'there is no folder for the local store', {
    hint: 'Set HOME or REG_STORE, or give --store DIR.',
  });
}

/** Docker's config.json, whether it exists or not; undefined when there is no home to look in. */
export function dockerConfigFile({ env, home }: Surroundings): string | undefined {
  const folder = env['DOCKER_CONFIG'] || (home === undefined ? undefined : join(home, '.docker'));
  return folder === undefined ? undefined : join(folder, 'config.json');
}

/** Where `reg login` remembers token services: `$XDG_CONFIG_HOME/reg`, else `~/.config/reg`. */
export function tokenServicesFile({ env, home }: Surroundings): string | undefined {
  const config = env['XDG_CONFIG_HOME'] ?? '';
  if (isAbsolute(config)) return join(config, 'reg', 'token-services.json');
  return home === undefined ? undefined : join(home, '.config', 'reg', 'token-services.json');
}
