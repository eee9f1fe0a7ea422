/** Where logins are put, and removed from: the helper that config.json names for a host, else config.json itself. */

import { formatEntry } from './auth-entry.js';
import type { ChangeOptions } from './config-file.js';
import type { Credential } from './credential.js';
import { helperSettingOf, readDockerConfig, removeEntries, setEntry } from './docker-config.js';
import { Helper, type HelperOptions } from './helper.js';

export interface KeepOptions extends HelperOptions {
  /** Path of docker's config.json. */
  readonly file: string;
  readonly host: string;
  readonly change: ChangeOptions;
}

/** The helper that keeps the login of a host; undefined where config.json does. Throws INVALID_CONFIG, DISK_ERROR. */
export async function helperOf(options: KeepOptions): Promise<Helper | undefined> {
  const setting = helperSettingOf(await readDockerConfig(options.file), options.host);
  return setting === undefined ? undefined : new Helper(setting, options);
}

/**
 * Keeps a credential in place of every other one for its host, with the `helperOf` it. Beside a helper config.json gets
 * an empty entry, as docker has it: so that other programs know of the login. Without a helper it stands there in
 * plain base64. Throws INVALID_CONFIG, CREDENTIALS_UNAVAILABLE, DISK_ERROR, DISK_FULL, STORE_LOCKED.
 */
export async function keepCredential(
  credential: Credential,
  { file, host, change, helper }: KeepOptions & { readonly helper: Helper | undefined },
): Promise<void> {
  await helper?.store(host, credential);
  const entry = helper === undefined ? formatEntry(credential) : {};
  await setEntry(file, { host, entry }, change);
}

/** Forgets what is kept for a host; answers whether there was something. Throws as `keepCredential`. */
export async function forgetCredential(options: KeepOptions): Promise<boolean> {
  const { file, host, change } = options;
  const helper = await helperOf(options);
  // First what anybody could read, so that it is gone even where the helper fails.
  const wasInFile = await removeEntries(file, host, change);
  const wasInHelper = (await helper?.erase(host)) ?? false;
  return wasInFile || wasInHelper;
}
