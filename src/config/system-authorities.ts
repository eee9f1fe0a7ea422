/** The authorities that the system trusts: what an administrator added to all programs of the machine. */

import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { errnoOf } from '../disk/files.js';
import { hasCode } from '../errors.js';
import { readAuthorities } from './certificates.js';

/** Where systems keep them in one file; the first that is there holds all (Go's crypto/x509, root_linux.go and others). */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/usr/local/etc/ssl/cert.pem',
];

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Their certificates (PEM). `SSL_CERT_FILE` and `SSL_CERT_DIR` take the place of what the system has, as with OpenSSL and
 * Go. Takes up to a fifth of a second. Throws INVALID_CONFIG and DISK_ERROR for a variable that names no such file.
 */
export async function systemAuthorities(env: Variables): Promise<readonly string[]> {
  const file = env['SSL_CERT_FILE'] ?? '';
  const folders = (env['SSL_CERT_DIR'] ?? '').split(delimiter).filter((folder) => folder !== '');
  if (file !== '' || folders.length > 0) {
    const inFolders = await Promise.all(folders.map(readAll));
    return [...(file === '' ? [] : [await readAuthorities(file)]), ...inFolders.flat()];
  }
  const tls = await import('node:tls');
  // Node 22.15 and later; before that, only those systems are known that keep files.
  return 'getCACertificates' in tls ? tls.getCACertificates('system') : readFirstOf(BUNDLES);
}

/** Such folders hold other files, too, and each certificate under several names. */
async function readAll(folder: string): Promise<readonly string[]> {
  const texts = await Promise.all((await list(folder)).map((name) => readIfAny(join(folder, name))));
  return [...new Set(texts.flat())];
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}

async function readFirstOf(files: readonly string[]): Promise<readonly string[]> {
  for (const file of files) {
    const texts = await readIfAny(file);
    if (texts.length > 0) return texts;
  }
  return [];
}

async function readIfAny(file: string): Promise<readonly string[]> {
  try {
    return [await readAuthorities(file)];
  } catch (error) {
    if (!hasCode(error, 'INVALID_CONFIG', 'DISK_ERROR')) throw error;
    return [];
  }
}
