/** Takes logins away from wherever they are kept: config.json, auth.json, the helpers that these name, the OS keychain. */

import type { ChangeOptions } from './config-file.js';
import { hostOfKey } from './auth-entry.js';
import {
  helperSettingOf,
  hostsIn,
  readDockerConfig,
  removeEntries,
  type HelperSetting,
} from './docker-config.js';
import type { HelperOptions } from './helper-program.js';
import { Helper } from './helper.js';
import { OWN_HELPER, type OsKeychain } from './os-keychain.js';

export interface ForgetOptions extends HelperOptions {
  /** Path of docker's config.json. */
  readonly file: string;
  /** Paths of containers' auth.json. */
  readonly containersAuth: readonly string[];
  readonly keychain: OsKeychain;
  readonly change: ChangeOptions;
}

/**
 * Forgets all that is kept for a host; answers whether there was something. A place that fails does not keep the others
 * from being cleared. Throws INVALID_CONFIG, CREDENTIALS_UNAVAILABLE, DISK_ERROR, DISK_FULL, STORE_LOCKED.
 */
export async function forgetCredential(host: string, options: ForgetOptions): Promise<boolean> {
  const { file, containersAuth, keychain, change } = options;
  const settings = await settingsOf(host, options);
  const places = [
    // First what anybody could read.
    ...[file, ...containersAuth].map((path) => () => removeEntries(path, host, change)),
    ...settings.map((setting) => () => new Helper(setting, options).erase(host)),
    () => keychain.erase(host, change),
  ];
  let hadOne = false;
  const failures: unknown[] = [];
  for (const forget of places) {
    try {
      if (await forget()) hadOne = true;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return hadOne;
}

/** Forgets everything that is kept for any host; answers which hosts there was something for. Throws as above. */
export async function forgetAll(options: ForgetOptions): Promise<readonly string[]> {
  const forgotten: string[] = [];
  for (const host of await knownHosts(options)) {
    if (await forgetCredential(host, options)) forgotten.push(host);
  }
  return forgotten;
}

async function knownHosts(options: ForgetOptions): Promise<ReadonlySet<string>> {
  const { file, containersAuth, keychain } = options;
  const config = await readDockerConfig(file);
  const others = await Promise.all(containersAuth.map(readDockerConfig));
  const { credsStore, what } = config;
  const isHelper = credsStore !== '' && credsStore !== OWN_HELPER;
  const servers = isHelper
    ? await new Helper({ name: credsStore, where: `credsStore in ${what}` }, options).list()
    : [];
  const inKeychain = await keychain.list();
  return new Set([...[config, ...others].flatMap(hostsIn), ...servers.map(hostOfKey), ...inKeychain.keys()]);
}

/** The helpers for a host, of config.json and of auth.json, which knows none for all hosts. */
async function settingsOf(
  host: string,
  { file, containersAuth }: ForgetOptions,
): Promise<readonly HelperSetting[]> {
  const config = await readDockerConfig(file);
  const others = await Promise.all(containersAuth.map(readDockerConfig));
  return [config, ...others.map((other) => ({ ...other, credsStore: '' }))]
    .map((each) => helperSettingOf(each, host))
    .filter((setting) => setting !== undefined)
    .filter(({ name }) => name !== OWN_HELPER);
}
