/** Joins the logins of clouds with the client by whose connections they are asked for. */

import type { Clock } from '../../content/retry.js';
import { wallTime } from '../../content/system-clock.js';
import {
  MAX_ANSWER,
  type CloudLogin,
  type CloudSend,
  type CloudSession,
} from '../../credentials/cloud/session.js';
import type { FullClient } from '../../registry/client.js';

export interface CloudOptions extends Omit<CloudSession, 'send' | 'wallTime'> {
  /** Sends the requests; asked for with the first of them. */
  readonly client: () => Pick<FullClient, 'send'>;
}

/** How long before its end a login is no longer used, in milliseconds. */
const MARGIN_MS = 60_000;

type Target = { readonly host: string };
type Find = (target: Target) => Promise<CloudLogin | undefined>;

/** Finds the login that the cloud of a host gives, once as long as it is good. The code for clouds is loaded then. */
export function createCloudLogins({ client, ...options }: CloudOptions): Find {
  const session = { ...options, wallTime, send: sendBy(client) };
  return whileGood(options.clock, async ({ host }) => {
    const { findCloudLogin } = await import('../../credentials/cloud/find.js');
    return findCloudLogin(host, session);
  });
}

function whileGood(clock: Clock, find: Find): Find {
  const kept = new Map<string, Login>();
  return async (target) => {
    const known = kept.get(target.host);
    const login: Login =
      known !== undefined && clock.now() < known.endsAt - MARGIN_MS
        ? known
        : { found: find(target), endsAt: Infinity };
    kept.set(target.host, login);
    const found = await login.found;
    if (found?.lifeMs === undefined) return found;
    if (login.endsAt === Infinity) login.endsAt = clock.now() + found.lifeMs;
    return { ...found, lifeMs: login.endsAt - clock.now() };
  };
}

interface Login {
  readonly found: ReturnType<Find>;
  /** By the clock. */
  endsAt: number;
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
