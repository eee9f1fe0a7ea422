/** Joins the logins of clouds with the client by whose connections they are asked for. */

import { wallTime } from '../content/system-clock.js';
import {
  MAX_ANSWER,
  type CloudLogin,
  type CloudSend,
  type CloudSession,
} from '../credentials/cloud/session.js';
import type { FullClient } from '../registry/client.js';

export interface CloudOptions extends Omit<CloudSession, 'send' | 'wallTime'> {
  /** Sends the requests; asked for with the first of them. */
  readonly client: () => Pick<FullClient, 'send'>;
}

/** Finds the login that the cloud of a host gives. The code for clouds is loaded with the first host. */
export function createCloudLogins({
  client,
  ...options
}: CloudOptions): (target: { readonly host: string }) => Promise<CloudLogin | undefined> {
  const session = { ...options, wallTime, send: sendBy(client) };
  return async ({ host }) => {
    const { findCloudLogin } = await import('../credentials/cloud/find.js');
    return findCloudLogin(host, session);
  };
}

function sendBy(client: CloudOptions['client']): CloudSend {
  return async ({ body, ...request }) => {
    // What is plain http is a service of this machine, which no proxy could reach.
    const care = { direct: request.url.protocol !== 'https:' };
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const answer = await client().send({ ...request, body: bytes, care });
    return {
      status: answer.status,
      header: (name) => answer.header(name),
      body: await answer.read(MAX_ANSWER),
    };
  };
}
