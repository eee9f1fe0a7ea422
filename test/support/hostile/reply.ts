import type { OutgoingHttpHeaders } from 'node:http';
import { reply, type Exchange } from '../http-server.js';

/** What a server is about to say. */
export interface Reply {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array | string | object;
}

/**
 * Misbehaves in place of a good server: gives another reply, or nothing when it has seen to the connection itself.
 * `honest` is what a good server does and says.
 */
export type Fault = (
  exchange: Exchange,
  honest: () => Promise<Reply>,
) => Promise<Reply | undefined> | Reply | undefined;

/** A reply that sets nothing but the status, the headers and a JSON body. */
export function send(exchange: Exchange, { status, ...answer }: Reply): void {
  reply(exchange, status, answer);
}

/** An error as registries word it (distribution-spec 1.1, "Error Codes"). */
export function refusal(status: number, code: string, headers: OutgoingHttpHeaders = {}): Reply {
  return { status, headers, body: { errors: [{ code, message: code.toLowerCase().replaceAll('_', ' ') }] } };
}

/** The bytes of a reply's body. */
export function bytesOf({ body = '' }: Reply): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
