/** Where docker, podman and containerd keep what they are told about registries. */

import { join } from 'node:path';

/** The directories that all else lies in; one that is missing here is not looked in. */
export interface Folders {
  /** Of docker's client: `~/.docker`. */
  readonly docker?: string | undefined;
  /** Of the person. */
  readonly home?: string | undefined;
  /** Of the person's settings, `~/.config`: docker's engine without root looks there. */
  readonly config?: string | undefined;
  /** Of the machine's settings: `/etc`; on Windows `%ProgramData%`. */
  readonly system?: string | undefined;
}

/** The directories `certs.d`, the person's own first. */
export function certificateFolders({ docker, home, config, system }: Folders): readonly string[] {
  return [
    ...within(docker, 'certs.d'),
    ...within(config, 'docker', 'certs.d'),
    ...within(home, '.config', 'containers', 'certs.d'),
    ...within(system, 'docker', 'certs.d'),
    ...within(system, 'containers', 'certs.d'),
  ];
}

/** `daemon.json` of docker's engine: Docker Desktop's and that of an engine without root, and the system's. */
export function daemonFiles({ docker, config, system }: Folders): {
  readonly user: readonly string[];
  readonly system: readonly string[];
} {
  return {
    user: [...within(docker, 'daemon.json'), ...within(config, 'docker', 'daemon.json')],
    system: within(system, 'docker', 'daemon.json'),
  };
}

/** containerd's `certs.d`, which has another shape than docker's. */
export function containerdFolder({ system }: Folders): string | undefined {
  return within(system, 'containerd', 'certs.d')[0];
}

function within(folder: string | undefined, ...path: readonly string[]): readonly string[] {
  return folder === undefined ? [] : [join(folder, ...path)];
}
