import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bareEnvironment, startChild } from './child.js';
import type { Ended } from './child.js';
import { programPath } from './programs.js';
import { temporaryFolder } from './temp.js';
import type { Scope } from './temp.js';

/** Runs skopeo, cut off from the machine's own settings, to its end. Never throws because of the exit code. */
export async function skopeo(scope: Scope, args: readonly string[]): Promise<Ended> {
  const home = await temporaryFolder(scope);
  const registries = join(home, 'registries.conf');
  await writeFile(registries, '');
  const settings = ['--insecure-policy', '--registries-conf', registries, '--registries.d', home];
  const child = await startChild(scope, [programPath('skopeo'), ...settings, ...args], {
    env: { ...bareEnvironment(), HOME: home, XDG_RUNTIME_DIR: home, DOCKER_CONFIG: home },
    cwd: home,
  });
  return child.ended;
}

export interface RemoteOptions {
  /** PEM of the authority to trust. Without it TLS is not checked and plain HTTP is allowed. */
  readonly authority?: string;
  readonly user?: string;
  readonly password?: string;
}

/**
 * The flags for one end of `skopeo copy` (`src` or `dest`) or for a command with a single end such as `inspect`
 * (the empty string).
 */
export async function remoteFlags(
  scope: Scope,
  end: 'src' | 'dest' | '',
  options: RemoteOptions = {},
): Promise<readonly string[]> {
  const prefix = end === '' ? '--' : `--${end}-`;
  const flags =
    options.user === undefined ? [] : [`${prefix}creds=${options.user}:${options.password ?? ''}`];
  if (options.authority === undefined) return [...flags, `${prefix}tls-verify=false`];
  const folder = await temporaryFolder(scope);
  await writeFile(join(folder, 'ca.crt'), options.authority);
  return [...flags, `${prefix}cert-dir=${folder}`];
}
