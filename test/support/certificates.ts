import type * as X509 from '@peculiar/x509';
import { KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

/** A private key and its certificate, both PEM. */
export interface KeyPair {
  readonly key: string;
  readonly certificate: string;
}

/** A certificate authority of our own, which nobody trusts until a test says so. */
export interface Authority {
  /** PEM; what a client must trust. */
  readonly certificate: string;
  /** Signs a certificate for these DNS names and IP addresses. An expired one ran out an hour ago. */
  issue(names: readonly string[], options?: { readonly expired?: boolean }): Promise<KeyPair>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const HOUR_MS = 3_600_000;

/** Loaded only where an authority is made: it takes longer than most tests. */
async function loadX509(): Promise<typeof X509> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

/** Makes an authority, in about 20 ms, that signs certificates for as long as a test may run. */
export async function createAuthority(name = 'reg test CA'): Promise<Authority> {
  const x509 = await loadX509();
  const keys = await generateKeys();
  const subject = `CN=${name}`;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(false),
    name: subject,
    serialNumber: serialNumber(),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificate: certificate.toString('pem'),
    issue: (names, options = {}) => issue(names, { subject, keys, expired: options.expired ?? false }),
  };
}

/** Writes `<name>.key` and `<name>.crt` and says where they are. */
export async function writeKeyPair(folder: string, name: string, pair: KeyPair): Promise<KeyPair> {
  const paths = { key: join(folder, `${name}.key`), certificate: join(folder, `${name}.crt`) };
  await writeFile(paths.key, pair.key, { mode: 0o600 });
  await writeFile(paths.certificate, pair.certificate);
  return paths;
}

interface Issuer {
  readonly subject: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly expired: boolean;
}

async function issue(names: readonly string[], issuer: Issuer): Promise<KeyPair> {
  const x509 = await loadX509();
  const { privateKey, publicKey } = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(issuer.expired),
    subject: `CN=${names[0] ?? 'nobody'}`,
    issuer: issuer.subject,
    serialNumber: serialNumber(),
    signingAlgorithm: ALGORITHM,
    signingKey: issuer.keys.privateKey,
    publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey),
    ],
  });
  return {
    key: KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: certificate.toString('pem'),
  };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function validity(expired: boolean): { readonly notBefore: Date; readonly notAfter: Date } {
  const now = Date.now();
  return {
    notBefore: new Date(now - 2 * HOUR_MS),
    notAfter: new Date(expired ? now - HOUR_MS : now + 24 * HOUR_MS),
  };
}

function serialNumber(): string {
  // The first byte keeps the number positive (RFC 5280, 4.1.2.2).
  return `01${randomBytes(8).toString('hex')}`;
}
