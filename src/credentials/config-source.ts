/** The files, and the variable, in which docker and containers keep logins, as sources. */

import { parseJsonObject } from '../spec/json.js';
import { cleanText } from '../spec/text.js';
import { isReadableByOthers } from './config-file.js';
import {
  credentialOf,
  helperSettingOf,
  parseDockerConfig,
  readDockerConfig,
  repositoryCredentialOf,
  type DockerConfig,
} from './docker-config.js';
import type { HelperOptions } from './helper-program.js';
import { Helper } from './helper.js';
import { KEYCHAIN, OWN_HELPER, type OsKeychain } from './os-keychain.js';
import type { Environment } from './run-program.js';
import type { Found, Source, SourceNotice, Target } from './source.js';

/** An environment variable with what config.json could say under `auths` (docker/cli 28.3). */
const VARIABLE = 'DOCKER_AUTH_CONFIG';

export interface ConfigSourceOptions extends Omit<HelperOptions, 'onNotice'> {
  /**
   * Reads the file as containers do (containers-auth.json(5)): a key may name a repository or what is above it, and
   * there is no helper for all hosts. Default false: as docker does.
   */
  readonly isPerRepository?: boolean | undefined;
  /** What answers where the helper is our own, which keeps logins there. */
  readonly keychain?: OsKeychain | undefined;
  readonly onNotice?: ((notice: SourceNotice) => void) | undefined;
}

/** A login that stands in the environment. Throws INVALID_CONFIG. */
export function variableSource(env: Environment): Source {
  return async ({ host }) => {
    const text = env[VARIABLE] ?? '';
    if (text === '') return undefined;
    const what = `the environment variable ${VARIABLE}`;
    const config = parseJsonObject(Buffer.from(text), { what, code: 'INVALID_CONFIG' });
    const credential = credentialOf(parseDockerConfig(config, what), host);
    return credential === undefined ? undefined : { credential, source: VARIABLE };
  };
}

/**
 * A file with logins: the helper that it names for a host, then what stands in it. Read once. Throws INVALID_CONFIG,
 * CREDENTIALS_UNAVAILABLE, DISK_ERROR.
 */
export function configSource(file: string, options: ConfigSourceOptions): Source {
  let reading: Promise<DockerConfig> | undefined;
  return async (target) => {
    const config = await (reading ??= readDockerConfig(file));
    return (
      (await askHelper(config, target, options)) ?? (await lookInside(config, target, { file, ...options }))
    );
  };
}

/** Throws CREDENTIALS_UNAVAILABLE, and what reading the index throws. */
export function keychainSource(keychain: OsKeychain): Source {
  return async ({ host }) => {
    const credential = await keychain.get(host);
    return credential === undefined ? undefined : { credential, source: KEYCHAIN };
  };
}

async function askHelper(
  config: DockerConfig,
  { host }: Target,
  options: ConfigSourceOptions,
): Promise<Found | undefined> {
  const { isPerRepository = false, keychain } = options;
  const setting = helperSettingOf(isPerRepository ? { ...config, credsStore: '' } : config, host);
  if (setting === undefined) return undefined;
  if (setting.name === OWN_HELPER && keychain !== undefined) return keychainSource(keychain)({ host });
  const helper = new Helper(setting, options);
  const credential = await helper.get(host);
  return credential === undefined ? undefined : { credential, source: helper.program };
}

async function lookInside(
  config: DockerConfig,
  target: Target,
  { file, isPerRepository = false, onNotice }: ConfigSourceOptions & { readonly file: string },
): Promise<Found | undefined> {
  const credential = isPerRepository
    ? repositoryCredentialOf(config, target)
    : credentialOf(config, target.host);
  if (credential === undefined) return undefined;
  const source = cleanText(file);
  if (await isReadableByOthers(file)) {
    const message = `others on this machine can read "${source}", which holds a login`;
    onNotice?.({ type: 'warning', message });
  }
  return { credential, source };
}
