/** Certificates and keys in PEM files (RFC 7468), looked at before they are used: TLS itself would not say which is bad. */

import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { realpathSync } from 'node:fs';

import { wallTime } from '../content/system-clock.js';
import { onDisk, readSmallFile } from '../disk/files.js';
import { RegError } from '../errors.js';
import type { Identity } from '../spec/route.js';
import { quoteText } from '../spec/text.js';

const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/;

/** Largest file that is read, in bytes; those with all authorities of a system have 0.3 MB. */
const MAX_SIZE = 8 * 1024 * 1024;

/** The text of a file with the certificates of authorities. Throws INVALID_CONFIG, DISK_ERROR. */
export async function readAuthorities(file: string): Promise<string> {
  const text = await readText(file);
  if (!CERTIFICATE.test(text)) throw bad(file, 'holds no certificate in PEM form');
  parse(file, 'certificate', () => new X509Certificate(text));
  return text;
}

/**
 * A client certificate with its private key; `key` may be the same file. Throws INVALID_CONFIG where one of them is no
 * such thing or the two do not belong together, DISK_ERROR.
 */
export async function readKeyPair(files: PairFiles): Promise<Identity> {
  return (await readPair(files)).pair;
}

/**
 * Of several client certificates the first that is good today; the very first where none is, as TLS then says what is
 * wrong with it. Throws as `readKeyPair`, for any of them.
 */
export async function readBestKeyPair(
  files: readonly PairFiles[],
  now = wallTime,
): Promise<Identity | undefined> {
  const read = await Promise.all(files.map(readPair));
  const isGood = ({ validFrom, validTo }: Pair): boolean =>
    Date.parse(validFrom) <= now() && now() < Date.parse(validTo);
  return (read.find(isGood) ?? read[0])?.pair;
}

/** Paths. */
interface PairFiles {
  readonly certificate: string;
  readonly key: string;
}

interface Pair extends Pick<X509Certificate, 'validFrom' | 'validTo'> {
  readonly pair: Identity;
}

async function readPair(files: PairFiles): Promise<Pair> {
  const [certificate, key] = await Promise.all([readText(files.certificate), readText(files.key)]);
  const parsed = parse(files.certificate, 'certificate', () => new X509Certificate(certificate));
  if (!parsed.checkPrivateKey(parseKey(files.key, key))) {
    throw bad(files.key, `is not the key of the certificate in ${quoteText(files.certificate)}`);
  }
  const { validFrom, validTo } = parsed;
  return { pair: { certificate, key }, validFrom, validTo };
}

function parseKey(file: string, text: string): KeyObject {
  if (/^Proc-Type: 4,ENCRYPTED|BEGIN ENCRYPTED PRIVATE KEY/m.test(text))
    throw bad(file, 'holds a key with a passphrase, which is not supported');
  return parse(file, 'private key', () => createPrivateKey(text));
}

function parse<T>(file: string, what: string, task: () => T): T {
  try {
    return task();
  } catch (cause) {
    throw bad(file, `holds no ${what} in PEM form`, cause);
  }
}

/** Regular files only: a pipe that nobody writes to would be waited for for ever, even past the end of the process. */
async function readText(file: string): Promise<string> {
  const path = await onDisk({ verb: 'read', path: file }, () => realpathSync.native(file));
  const bytes = await readSmallFile(path, { cap: MAX_SIZE, code: 'INVALID_CONFIG' });
  if (bytes === undefined) throw bad(file, 'is not a regular file');
  return bytes.toString();
}

function bad(file: string, fault: string, cause?: unknown): RegError {
  return new RegError('INVALID_CONFIG', `${quoteText(file)} ${fault}`, { cause });
}
