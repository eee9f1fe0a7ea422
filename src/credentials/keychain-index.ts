/**
 * Which hosts have a login in the OS keychain, and for whom: a file without secrets, so that nobody who never kept one
 * there waits for the keychain, and that it need not be unlocked to tell.
 */

import { RegError } from '../errors.js';
import { isObject, type JsonObject } from '../spec/json.js';
import { quoteText } from '../spec/text.js';
import { changeConfigFile, readConfigFile, type ChangeOptions } from './config-file.js';

const KEY = 'logins';

/** Usernames by host; empty where only the registry knows it. Throws INVALID_CONFIG, DISK_ERROR. */
export async function readKeychainIndex(file: string): Promise<ReadonlyMap<string, string>> {
  return new Map(Object.entries(loginsOf(await readConfigFile(file), file)));
}

/** Notes a login, or with `undefined` for the user that there is none. Throws as above, DISK_FULL, STORE_LOCKED. */
export function changeKeychainIndex(
  file: string,
  { host, username }: { readonly host: string; readonly username: string | undefined },
  options: ChangeOptions,
): Promise<void> {
  const update = (config: JsonObject): JsonObject => {
    const others = Object.entries(loginsOf(config, file)).filter(([other]) => other !== host);
    const own = username === undefined ? [] : [[host, username] as const];
    return { ...config, [KEY]: Object.fromEntries([...others, ...own]) };
  };
  return changeConfigFile(file, update, options);
}

function loginsOf(config: JsonObject, file: string): Readonly<Record<string, string>> {
  const logins = config[KEY] ?? {};
  if (!isObject(logins)) throw invalid(file, 'is not an object');
  return Object.fromEntries(
    Object.entries(logins).map(([host, username]) => {
      if (typeof username === 'string') return [host, username];
      throw invalid(file, 'holds a username that is not a string');
    }),
  );
}

function invalid(file: string, fault: string): RegError {
  return new RegError('INVALID_CONFIG', `${quoteText(file)}: "${KEY}" ${fault}`);
}
