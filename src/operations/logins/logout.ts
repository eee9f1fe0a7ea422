/** `reg logout`. */

import type { CallOptions } from '../../content/types.js';
import { variableSource } from '../../credentials/config-source.js';
import { forgetAll, forgetCredential, type ForgetOptions } from '../../credentials/forget.js';
import { OsKeychain } from '../../credentials/os-keychain.js';
import type { LoginPlace } from './login.js';
import { parseServer } from '../server-name.js';

export interface LogoutResult {
  readonly server: string;
  readonly removed: boolean;
  /** The variable in the environment that still has a login for it. */
  readonly remains: string | undefined;
}

type Place = Omit<LoginPlace, 'tokenServices'>;

/**
 * Forgets the login of a registry, wherever it is kept: config.json and auth.json, the helpers that they name, the OS
 * keychain. Throws INVALID_ARGUMENT, INVALID_CONFIG, CREDENTIALS_UNAVAILABLE.
 */
export async function logout(server: string, place: Place & CallOptions): Promise<LogoutResult> {
  const host = parseServer(server);
  const removed = await forgetCredential(host, optionsOf(place));
  const left = await variableSource(place.env ?? {})({ host });
  return { server: host, removed, remains: left?.source };
}

/** Forgets the logins of all registries; answers which. Throws INVALID_CONFIG, CREDENTIALS_UNAVAILABLE. */
export function logoutAll(place: Place & CallOptions): Promise<readonly string[]> {
  return forgetAll(optionsOf(place));
}

function optionsOf(place: Place & CallOptions): ForgetOptions {
  const { dockerConfig, containersAuth = [], keychainIndex, change, env = {}, signal } = place;
  const options = { env, signal, onNotice: change.onNotice };
  return {
    ...options,
    file: dockerConfig,
    containersAuth,
    keychain: new OsKeychain({ ...options, index: keychainIndex }),
    change: { ...change, signal },
  };
}
