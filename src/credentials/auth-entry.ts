/** One entry of `auths` in docker's config.json: under which key it stands, and what it says. */

import { RegError } from '../errors.js';
import { DOCKER_HUB, isDockerHub } from '../spec/docker-hub.js';
import { isObject, type JsonObject } from '../spec/json.js';
import { isPlain, type Credential, type Login } from './credential.js';
import type { Target } from './source.js';

/** Where docker keeps the Hub's login (docker/cli, `registry.IndexServer`). */
const HUB_KEY = 'https://index.docker.io/v1/';

/** Longest `auth` that is decoded, in characters. */
const MAX_AUTH_LENGTH = 64 * 1024;

/** The key that docker writes for a host. */
export function keyFor(host: string): string {
  return hostOfKey(host) === DOCKER_HUB ? HUB_KEY : host;
}

/** The keys among `keys` that mean `host`, the one that docker would write first. */
export function keysFor(host: string, keys: readonly string[]): readonly string[] {
  const exact = keyFor(host);
  const others = keys.filter((key) => key !== exact && hostOfKey(key) === hostOfKey(host));
  return keys.includes(exact) ? [exact, ...others] : others;
}

/**
 * The keys among `keys` that mean a repository, what is above it, or its host: the longest first
 * (containers-auth.json(5)). A URL means a host only (go.podman.io/image, `normalizeAuthFileKey`).
 */
export function repositoryKeysFor(
  { host, repository = '' }: Target,
  keys: readonly string[],
): readonly string[] {
  return keysFor(host, keys)
    .map((key) => ({ key, path: pathOfKey(key) }))
    .filter(({ path }) => path === '' || `${repository}/`.startsWith(`${path}/`))
    .sort((one, other) => other.path.length - one.path.length)
    .map(({ key }) => key);
}

function pathOfKey(key: string): string {
  if (/^https?:\/\//.test(key)) return '';
  const path = key.replace(/^[^/]*\/?/, '').replace(/\/$/, '');
  return /^v[12]$/.test(path) ? '' : path;
}

/** Host and port that a key means: docker takes keys with scheme and path, too (docker/cli, `ConvertToHostname`). */
export function hostOfKey(key: string): string {
  const host =
    key
      .replace(/^https?:\/\//, '')
      .split('/', 1)[0]
      ?.toLowerCase() ?? '';
  return isDockerHub(host) ? DOCKER_HUB : host.replace(/:443$/, '');
}

/**
 * The credential of an entry; undefined when it holds none. `where` names the entry for messages, which never quote
 * a value: that is the secret. Throws INVALID_CONFIG.
 */
export function parseEntry(entry: unknown, where: string): Credential | undefined {
  if (!isObject(entry)) throw wrong(where, 'is not an object');
  const identityToken = textOf(entry, 'identitytoken', where);
  // The password that may stand beside it is for token services that know no such tokens.
  if (identityToken !== undefined) return { ...parseLogin(entry, where), identityToken };
  const registryToken = textOf(entry, 'registrytoken', where);
  return registryToken === undefined ? parseLogin(entry, where) : { registryToken };
}

function parseLogin(entry: JsonObject, where: string): Login | undefined {
  const auth = textOf(entry, 'auth', where);
  if (auth !== undefined) return decodeAuth(auth, `${where}.auth`);
  const username = textOf(entry, 'username', where);
  const password = textOf(entry, 'password', where);
  return username === undefined || password === undefined ? undefined : { username, password };
}

export function formatEntry(credential: Credential): JsonObject {
  if ('registryToken' in credential) return { registrytoken: credential.registryToken };
  if (!('identityToken' in credential)) return { auth: encodeAuth(credential) };
  const { identityToken, username = '', password = '' } = credential;
  const auth = username === '' ? undefined : encodeAuth({ username, password });
  return { ...(auth !== undefined && { auth }), identitytoken: identityToken };
}

function encodeAuth({ username, password }: Login): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}

function textOf(entry: JsonObject, key: string, where: string): string | undefined {
  const value = entry[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw wrong(`${where}.${key}`, 'is not a string');
  return value;
}

function decodeAuth(auth: string, where: string): Login {
  if (auth.length > MAX_AUTH_LENGTH) throw wrong(where, 'is too long');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(auth)) throw wrong(where, 'is not base64');
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 0) throw wrong(where, 'holds no colon between username and password');
  // Docker writes NULs behind some passwords and takes them off again (docker/cli, `decodeAuth`).
  const password = decoded.slice(colon + 1).replace(/\0+$/, '');
  const login = { username: decoded.slice(0, colon), password };
  if (!isPlain(login)) throw wrong(where, 'holds control characters');
  return login;
}

function wrong(where: string, fault: string): RegError {
  return new RegError('INVALID_CONFIG', `${where} ${fault}`, { hint: 'Correct it, or log in again.' });
}
