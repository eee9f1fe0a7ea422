/**
 * Docker's config.json: where `docker login`, and so far `reg login`, keep what opens a registry. Read as docker
 * reads it; written so that no other key, and no other writer's login, is lost.
 */

import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { RegError } from '../errors.js';
import { isObject, parseJsonObject, type JsonObject } from '../spec/json.js';
import { cleanText, quoteText } from '../spec/text.js';

/** What opens a registry; the same shape as `registry/` asks for. */
export type Credential =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string }
  | { readonly registryToken: string };

/** Where docker keeps the Hub's login (docker/cli, `registry.IndexServer`). */
const HUB_KEY = 'https://index.docker.io/v1/';
const HUB_HOSTS: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** Largest config.json that is read: 1 MiB. */
const MAX_SIZE = 1024 * 1024;

/** What `docker login` keeps for one registry. Undefined when there is nothing. Throws INVALID_CONFIG. */
export async function readCredential(file: string, host: string): Promise<Credential | undefined> {
  const auths = authsOf(await readConfig(file), file);
  const key = findKey(auths, host);
  return key === undefined ? undefined : parseEntry(auths[key], `${file}: auths[${quoteText(key)}]`);
}

/**
 * Keeps `credential` for `host`: in plain base64, as docker does where it has no helper; mode 0600; other keys are
 * kept. Throws INVALID_CONFIG when the file is there and broken, DISK_ERROR.
 */
export async function writeCredential(file: string, host: string, credential: Credential): Promise<void> {
  await update(file, (auths) => {
    for (const key of keysOf(auths, host)) delete auths[key];
    auths[keyOf(host)] = formatEntry(credential);
  });
}

/** Forgets what is kept for `host`; answers whether there was something. Throws as `writeCredential`. */
export async function eraseCredential(file: string, host: string): Promise<boolean> {
  if (findKey(authsOf(await readConfig(file), file), host) === undefined) return false;
  await update(file, (auths) => {
    for (const key of keysOf(auths, host)) delete auths[key];
  });
  return true;
}

/** Whether others on this machine may read the file; false on systems without modes. */
export async function isReadableByOthers(file: string): Promise<boolean> {
  const info = await stat(file).catch(() => undefined);
  return info !== undefined && (info.mode & 0o077) !== 0;
}

async function readConfig(file: string): Promise<JsonObject> {
  const bytes = await readBytes(file);
  return bytes === undefined ? {} : parseJsonObject(bytes, { what: file, code: 'INVALID_CONFIG' });
}

async function readBytes(file: string): Promise<Uint8Array | undefined> {
  try {
    const info = await stat(file);
    // A FIFO would hang for ever, a device might.
    if (!info.isFile()) throw new RegError('INVALID_CONFIG', `${file} is not a regular file`);
    if (info.size > MAX_SIZE)
      throw new RegError('INVALID_CONFIG', `${file} is larger than ${MAX_SIZE} bytes`);
    const handle = await open(file, 'r');
    try {
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw diskError(error, 'read', file);
  }
}

function authsOf(config: JsonObject, file: string): JsonObject {
  const { auths } = config;
  if (auths === undefined || auths === null) return {};
  if (!isObject(auths)) throw new RegError('INVALID_CONFIG', `${file}: "auths" is not an object`);
  return auths;
}

/** The key that docker writes for a host. */
function keyOf(host: string): string {
  return hostOfKey(host) === 'docker.io' ? HUB_KEY : host;
}

/** Host and port that a key means: docker takes them with scheme and path, too (docker/cli, `ConvertToHostname`). */
function hostOfKey(key: string): string {
  const host =
    key
      .replace(/^https?:\/\//, '')
      .split('/', 1)[0]
      ?.toLowerCase() ?? '';
  return HUB_HOSTS.has(host) ? 'docker.io' : host.replace(/:443$/, '');
}

function keysOf(auths: JsonObject, host: string): readonly string[] {
  return Object.keys(auths).filter((key) => hostOfKey(key) === hostOfKey(host));
}

function findKey(auths: JsonObject, host: string): string | undefined {
  const exact = keyOf(host);
  return Object.hasOwn(auths, exact) ? exact : keysOf(auths, host)[0];
}

function parseEntry(entry: unknown, where: string): Credential | undefined {
  if (!isObject(entry)) throw new RegError('INVALID_CONFIG', `${where} is not an object`);
  const text = (key: string): string | undefined => textOf(entry, key, where);
  const identityToken = text('identitytoken');
  if (identityToken !== undefined) return { identityToken };
  const registryToken = text('registrytoken');
  if (registryToken !== undefined) return { registryToken };
  const auth = text('auth');
  if (auth !== undefined) return decodeAuth(auth, where);
  const username = text('username');
  const password = text('password');
  return username === undefined || password === undefined ? undefined : { username, password };
}

function textOf(entry: JsonObject, key: string, where: string): string | undefined {
  const value = entry[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new RegError('INVALID_CONFIG', `${where}.${key} is not a string`);
  return value;
}

/** Never quotes the value: it is the secret. */
function decodeAuth(auth: string, where: string): Credential {
  const wrong = (why: string): RegError => new RegError('INVALID_CONFIG', `${where}.auth ${why}`);
  if (auth.length > 64 * 1024) throw wrong('is too long');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(auth)) throw wrong('is not base64');
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 0) throw wrong('holds no colon between username and password');
  // Docker itself strips NULs from the end of the password (docker/cli, `decodeAuth`).
  const password = decoded.slice(colon + 1).replace(/\0+$/, '');
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(decoded.slice(0, colon) + password))
    throw wrong('holds control characters');
  return { username: decoded.slice(0, colon), password };
}

function formatEntry(credential: Credential): JsonObject {
  if ('identityToken' in credential) return { identitytoken: credential.identityToken };
  if ('registryToken' in credential) return { registrytoken: credential.registryToken };
  return { auth: Buffer.from(`${credential.username}:${credential.password}`).toString('base64') };
}

async function update(file: string, change: (auths: Record<string, unknown>) => void): Promise<void> {
  const config = await readConfig(file);
  const auths: Record<string, unknown> = { ...authsOf(config, file) };
  change(auths);
  const text = `${JSON.stringify({ ...config, auths }, undefined, '\t')}\n`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await replaceFile(file, text);
  } catch (error) {
    throw diskError(error, 'write', file);
  }
}

async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = join(dirname(file), `.config.json.${randomUUID()}`);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(temporary, 0o600);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function diskError(error: unknown, verb: string, file: string): unknown {
  if (error instanceof RegError) return error;
  const reason = codeOf(error) ?? cleanText(String(error));
  const code = reason === 'ENOSPC' ? 'DISK_FULL' : 'DISK_ERROR';
  return new RegError(code, `cannot ${verb} ${file}: ${reason}`, { cause: error });
}
