/**
 * The token services that a person agreed to by logging in: which other host may be given the password of a registry.
 * A file without secrets; without an entry, a password goes only to the registry's own domain.
 */

import { RegError } from '../errors.js';
import { isObject, type JsonObject } from '../spec/json.js';
import { quoteText } from '../spec/text.js';
import { changeConfigFile, readConfigFile, type ChangeOptions } from './config-file.js';

const KEY = 'tokenServices';

/** The hosts agreed to, by registry. Throws INVALID_CONFIG, DISK_ERROR. */
export async function readTokenServices(file: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const entries = Object.entries(servicesOf(await readConfigFile(file), file));
  return new Map(entries.map(([registry, hosts]) => [registry, toHosts(hosts, file)]));
}

/** Remembers the hosts that logging in to `registry` led to. Throws as above, DISK_FULL, STORE_LOCKED. */
export function rememberTokenServices(
  file: string,
  { registry, hosts }: { readonly registry: string; readonly hosts: readonly string[] },
  options: ChangeOptions,
): Promise<void> {
  const add = (config: JsonObject): JsonObject => ({
    ...config,
    [KEY]: { ...servicesOf(config, file), [registry]: hosts },
  });
  return changeConfigFile(file, add, options);
}

function servicesOf(config: JsonObject, file: string): JsonObject {
  const services = config[KEY] ?? {};
  if (isObject(services)) return services;
  throw new RegError('INVALID_CONFIG', `${quoteText(file)}: "${KEY}" is not an object`);
}

function toHosts(value: unknown, file: string): readonly string[] {
  if (Array.isArray(value) && value.every((host) => typeof host === 'string')) return value;
  throw new RegError('INVALID_CONFIG', `${quoteText(file)}: "${KEY}" is not a list of hosts`);
}
