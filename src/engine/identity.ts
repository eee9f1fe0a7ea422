/** Certificates for an engine that is reached over TLS: docker's `ca.pem`, `cert.pem` and `key.pem` in one folder. */

import { join } from 'node:path';

import { readSmallFile } from '../disk/files.js';
import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';

/** In PEM; the key never appears in a message. */
export interface Identity {
  /** Whom to trust instead of the system's authorities. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const MAX_PEM_SIZE = 1024 * 1024;

/** What is there of the three. Throws INVALID_CONFIG when a certificate has no key, or the other way round. */
export async function readIdentity(folder: string): Promise<Identity> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => read(folder, name)),
  );
  if ((cert === undefined) !== (key === undefined)) {
    const message = `${quoteText(folder)} has only one of cert.pem and key.pem`;
    throw new RegError('INVALID_CONFIG', message);
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function read(folder: string, name: string): Promise<string | undefined> {
  const bytes = await readSmallFile(join(folder, name), { cap: MAX_PEM_SIZE, code: 'INVALID_CONFIG' });
  return bytes?.toString('utf8');
}
