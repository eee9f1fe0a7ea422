/**
 * Docker's config.json: where `docker login`, and so far `reg login`, keep what opens a registry. Read as docker
 * reads it; written so that no other key, and no other writer's login, is lost.
 */

import { RegError } from '../errors.js';
import { isObject, type JsonObject } from '../spec/json.js';
import { quoteText } from '../spec/text.js';
import { formatEntry, keyFor, keysFor, parseEntry } from './auth-entry.js';
import { changeConfigFile, readConfigFile, type ChangeOptions } from './config-file.js';
import type { Credential } from './credential.js';

/** What is kept for a host; undefined when there is nothing. Throws INVALID_CONFIG, DISK_ERROR. */
export async function readCredential(file: string, host: string): Promise<Credential | undefined> {
  const auths = authsOf(await readConfigFile(file), file);
  for (const key of keysFor(host, Object.keys(auths))) {
    const credential = parseEntry(auths[key], `${quoteText(file)}: auths[${quoteText(key)}]`);
    if (credential !== undefined) return credential;
  }
  return undefined;
}

/**
 * Keeps a credential for a host in place of every other one: in plain base64, as docker does where it has no helper.
 * Throws INVALID_CONFIG when the file is there and broken, DISK_ERROR, DISK_FULL, STORE_LOCKED.
 */
export function writeCredential(
  file: string,
  { host, credential }: { readonly host: string; readonly credential: Credential },
  options: ChangeOptions,
): Promise<void> {
  return changeAuths(
    file,
    (auths) => ({ ...without(host, auths), [keyFor(host)]: formatEntry(credential) }),
    options,
  );
}

/** Forgets what is kept for a host; answers whether there was something. Throws as `writeCredential`. */
export async function eraseCredential(file: string, host: string, options: ChangeOptions): Promise<boolean> {
  const auths = authsOf(await readConfigFile(file), file);
  if (keysFor(host, Object.keys(auths)).length === 0) return false;
  await changeAuths(file, (current) => without(host, current), options);
  return true;
}

function changeAuths(
  file: string,
  update: (auths: JsonObject) => JsonObject,
  options: ChangeOptions,
): Promise<void> {
  return changeConfigFile(file, (config) => ({ ...config, auths: update(authsOf(config, file)) }), options);
}

function without(host: string, auths: JsonObject): JsonObject {
  const gone = keysFor(host, Object.keys(auths));
  return Object.fromEntries(Object.entries(auths).filter(([key]) => !gone.includes(key)));
}

function authsOf(config: JsonObject, file: string): JsonObject {
  const { auths } = config;
  if (auths === undefined || auths === null) return {};
  if (!isObject(auths)) throw new RegError('INVALID_CONFIG', `${quoteText(file)}: "auths" is not an object`);
  return auths;
}
