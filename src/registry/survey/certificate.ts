/** What a server shows of itself by TLS. */

import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';

import { cleanText } from '../../spec/text.js';

export interface Certificate {
  /** `TLSv1.3` */
  readonly protocol: string;
  /** Names and addresses that it is for. */
  readonly names: readonly string[];
  /** Names of those who vouch for it, the nearest first, as far as the server shows them. */
  readonly issuers: readonly string[];
  /** Milliseconds since 1970. */
  readonly validFrom: number;
  readonly validTo: number;
}

/** More are no chain. */
const MAX_ISSUERS = 10;

/** Undefined for a connection without TLS. */
export async function readCertificate(socket: Socket): Promise<Certificate | undefined> {
  const { TLSSocket } = await import('node:tls');
  const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  if (!(socket instanceof TLSSocket) || shown === undefined) return undefined;
  return {
    protocol: cleanText(socket.getProtocol() ?? ''),
    names: namesOf(shown),
    issuers: issuersOf(shown),
    validFrom: Date.parse(shown.validFrom),
    validTo: Date.parse(shown.validTo),
  };
}

/** `DNS:ghcr.io, DNS:*.ghcr.io, IP Address:10.0.0.1` */
function namesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  const names = subjectAltName.split(', ').map((name) => name.replace(/^(?:DNS|IP Address):/, ''));
  return names.filter((name) => name !== '').map((name) => cleanText(name));
}

function issuersOf(certificate: X509Certificate): readonly string[] {
  const names: string[] = [];
  for (
    let current: X509Certificate | undefined = certificate;
    current !== undefined && names.length < MAX_ISSUERS;
    current = current.issuerCertificate
  ) {
    names.push(nameOf(current.issuer));
  }
  // The last one vouches for itself.
  return [...new Set(names)];
}

/** A name has a part a line; the common one says most, then the organization. */
function nameOf(name: string): string {
  const part = (key: string): string | undefined =>
    name
      .split('\n')
      .find((line) => line.startsWith(`${key}=`))
      ?.slice(key.length + 1);
  return cleanText(part('CN') ?? part('O') ?? name);
}
