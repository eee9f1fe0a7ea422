/** Where things are and what holds by default, as the environment says. */

import { isAbsolute, join } from 'node:path';

import type { Folders } from '../config/folders.js';
import { RegError } from '../errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is known about the machine and the person. */
export interface Surroundings {
  readonly env: Environment;
  /** Folder of the person; undefined when nobody knows one. */
  readonly home: string | undefined;
}

/** What is known about the system, too. */
export interface SystemSurroundings extends Surroundings {
  /** As `process.platform`. */
  readonly platform: string;
  /** Number of the user; undefined on Windows, where users have none. */
  readonly uid: number | undefined;
}

/** The local store: `$REG_STORE`, else `$XDG_DATA_HOME/reg`, else `~/.local/share/reg`. Throws INVALID_CONFIG. */
export function storeFolder({ env, home }: Surroundings): string {
  const chosen = env['REG_STORE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const data = env['XDG_DATA_HOME'] ?? '';
  // A relative path there is to be ignored (XDG base directory specification 0.8).
  if (isAbsolute(data)) return join(data, 'reg');
  if (home !== undefined) return join(home, '.local', 'share', 'reg');
  throw new RegError('INVALID_CONFIG', 'there is no directory for the local store', {
    hint: 'Set HOME or REG_STORE, or give --store DIR.',
  });
}

/** Docker's config.json, whether it exists or not; undefined when there is no home to look in. */
export function dockerConfigFile(surroundings: Surroundings): string | undefined {
  const folder = dockerFolder(surroundings);
  return folder === undefined ? undefined : join(folder, 'config.json');
}

/**
 * Containers' auth.json, where podman, buildah and skopeo keep logins, in the order in which they look: the one that was
 * named and no other, else that of the session, which on macOS and Windows there is none of, else that of the person
 * (containers-auth.json(5)).
 */
export function containersAuthFiles(surroundings: SystemSurroundings): readonly string[] {
  const { env, platform, uid } = surroundings;
  const named = env['REGISTRY_AUTH_FILE'];
  if (named !== undefined && named !== '') return [named];
  const runtime = env['XDG_RUNTIME_DIR'] ?? '';
  const session = isAbsolute(runtime) ? join(runtime, 'containers') : `/run/containers/${uid}`;
  const config = configFolder(surroundings);
  return [
    ...(platform === 'linux' ? [join(session, 'auth.json')] : []),
    ...(config === undefined ? [] : [join(config, 'containers', 'auth.json')]),
  ];
}

/** Where `reg login` remembers token services: `$XDG_CONFIG_HOME/reg`, else `~/.config/reg`. */
export function tokenServicesFile(surroundings: Surroundings): string | undefined {
  return ownFile(surroundings, 'token-services.json');
}

/** Where `reg login` notes which hosts have a login in the OS keychain. */
export function keychainIndexFile(surroundings: Surroundings): string | undefined {
  return ownFile(surroundings, 'keychain.json');
}

function ownFile(surroundings: Surroundings, name: string): string | undefined {
  const folder = configFolder(surroundings);
  return folder === undefined ? undefined : join(folder, 'reg', name);
}

/** Where other tools keep what they are told about registries. */
export function settingsFolders(machine: Surroundings & { readonly platform: string }): Folders {
  const { env, home, platform } = machine;
  return {
    docker: dockerFolder(machine),
    home,
    config: configFolder(machine),
    system: platform === 'win32' ? env['ProgramData'] : '/etc',
  };
}

function dockerFolder({ env, home }: Surroundings): string | undefined {
  return env['DOCKER_CONFIG'] || (home === undefined ? undefined : join(home, '.docker'));
}

/** `$XDG_CONFIG_HOME`, else `~/.config`. */
function configFolder({ env, home }: Surroundings): string | undefined {
  const config = env['XDG_CONFIG_HOME'] ?? '';
  if (isAbsolute(config)) return config;
  return home === undefined ? undefined : join(home, '.config');
}
