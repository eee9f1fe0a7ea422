/**
 * Docker's config.json: what it says about one host, and how that is changed so that no other key, and no other
 * writer's login, is lost.
 */

import { RegError } from '../errors.js';
import { isObject, type JsonObject } from '../spec/json.js';
import { quoteText } from '../spec/text.js';
import { hostOfKey, keyFor, keysFor, parseEntry, repositoryKeysFor } from './auth-entry.js';
import { changeConfigFile, readConfigFile, type ChangeOptions } from './config-file.js';
import type { Credential } from './credential.js';
import type { Target } from './source.js';

export interface DockerConfig {
  /** What it is called in messages. */
  readonly what: string;
  readonly auths: JsonObject;
  readonly credHelpers: JsonObject;
  readonly credsStore: string;
}

/** The name of a helper, and the setting that gave it. */
export interface HelperSetting {
  readonly name: string;
  /** For messages: `credsStore in "/home/alice/.docker/config.json"`. */
  readonly where: string;
  /** What to do when it fails; default: to see to what `where` says. */
  readonly hint?: string | undefined;
}

/** What the file says; nothing when it is not there. Throws INVALID_CONFIG, DISK_ERROR. */
export async function readDockerConfig(file: string): Promise<DockerConfig> {
  return parseDockerConfig(await readConfigFile(file), quoteText(file));
}

/** Throws INVALID_CONFIG. */
export function parseDockerConfig(config: JsonObject, what: string): DockerConfig {
  const credsStore = config['credsStore'] ?? '';
  if (typeof credsStore !== 'string') throw invalid(what, '"credsStore" is not a string');
  return {
    what,
    auths: section(config, 'auths', what),
    credHelpers: section(config, 'credHelpers', what),
    credsStore,
  };
}

/** The headers that the file wants to be sent, whatever they are. Throws INVALID_CONFIG, DISK_ERROR. */
export async function readHttpHeaders(file: string): Promise<Readonly<Record<string, string>>> {
  const what = quoteText(file);
  const headers = section(await readConfigFile(file), 'HttpHeaders', what);
  const entries = Object.entries(headers).map(([name, value]): [string, string] => {
    if (typeof value === 'string') return [name, value];
    throw invalid(what, `HttpHeaders[${quoteText(name)}] is not a string`);
  });
  return Object.fromEntries(entries);
}

/** The credential that stands in the file itself; undefined when there is none. Throws INVALID_CONFIG. */
export function credentialOf(config: DockerConfig, host: string): Credential | undefined {
  return firstEntry(config, keysFor(host, Object.keys(config.auths)));
}

/** The same where a key may name a repository, or what is above it; the longest one counts. Throws INVALID_CONFIG. */
export function repositoryCredentialOf(config: DockerConfig, target: Target): Credential | undefined {
  return firstEntry(config, repositoryKeysFor(target, Object.keys(config.auths)));
}

function firstEntry({ what, auths }: DockerConfig, keys: readonly string[]): Credential | undefined {
  for (const key of keys) {
    const credential = parseEntry(auths[key], `${what}: auths[${quoteText(key)}]`);
    if (credential !== undefined) return credential;
  }
  return undefined;
}

/**
 * The helper for a host. An empty name is none, also where it stands for one host against `credsStore` (docker/cli,
 * `getConfiguredCredentialStore`). Throws INVALID_CONFIG.
 */
export function helperSettingOf(
  { what, credHelpers, credsStore }: DockerConfig,
  host: string,
): HelperSetting | undefined {
  const [key] = keysFor(host, Object.keys(credHelpers));
  if (key === undefined) return setting(credsStore, `credsStore in ${what}`);
  const name = credHelpers[key];
  if (typeof name !== 'string') throw invalid(what, `credHelpers[${quoteText(key)}] is not a string`);
  return setting(name, `credHelpers[${quoteText(key)}] in ${what}`);
}

/** What is to be said of a host. */
export interface HostEntry {
  readonly host: string;
  /** Comes in place of all that `auths` says of the host; undefined: it says nothing any more. */
  readonly entry: JsonObject | undefined;
  /** Name of the helper for this host; empty: none; undefined: as it was. */
  readonly helper?: string | undefined;
}

/** Throws INVALID_CONFIG, DISK_ERROR, DISK_FULL, STORE_LOCKED. */
export function setEntry(
  file: string,
  { host, entry, helper }: HostEntry,
  options: ChangeOptions,
): Promise<void> {
  const what = quoteText(file);
  const change = (config: JsonObject): JsonObject => {
    const auths = without(host, section(config, 'auths', what));
    const helpers = without(host, section(config, 'credHelpers', what));
    return {
      ...config,
      auths: entry === undefined ? auths : { ...auths, [keyFor(host)]: entry },
      ...(helper !== undefined && { credHelpers: { ...helpers, [keyFor(host)]: helper } }),
    };
  };
  return changeConfigFile(file, change, options);
}

/** Removes all that `auths` says of a host; answers whether that was anything. Throws as `setEntry`. */
export async function removeEntries(file: string, host: string, options: ChangeOptions): Promise<boolean> {
  const { auths } = await readDockerConfig(file);
  if (keysFor(host, Object.keys(auths)).length === 0) return false;
  await setEntry(file, { host, entry: undefined }, options);
  return true;
}

/** The hosts that the file says anything of. */
export function hostsIn({ auths, credHelpers }: DockerConfig): readonly string[] {
  return [...Object.keys(auths), ...Object.keys(credHelpers)].map(hostOfKey);
}

function without(host: string, auths: JsonObject): JsonObject {
  const gone = keysFor(host, Object.keys(auths));
  return Object.fromEntries(Object.entries(auths).filter(([key]) => !gone.includes(key)));
}

function section(config: JsonObject, key: 'auths' | 'credHelpers' | 'HttpHeaders', what: string): JsonObject {
  const value = config[key] ?? {};
  if (!isObject(value)) throw invalid(what, `"${key}" is not an object`);
  return value;
}

function setting(name: string, where: string): HelperSetting | undefined {
  return name === '' ? undefined : { name, where };
}

function invalid(what: string, fault: string): RegError {
  return new RegError('INVALID_CONFIG', `${what}: ${fault}`);
}
