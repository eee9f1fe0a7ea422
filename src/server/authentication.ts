/** The door of the registry: HTTP Basic (RFC 7617), for every resource (distribution-spec 1.1, "Authentication"). */

import type { IncomingHttpHeaders } from 'node:http';

import { refuse } from './errors.js';
import type { Accounts } from './htpasswd.js';
import type { Reply } from './reply.js';

const CHALLENGE = { 'www-authenticate': 'Basic realm="reg", charset="UTF-8"' };

/** The refusal of a request without a right login; undefined when it may go on. */
export async function refuseStranger(
  { authorization }: IncomingHttpHeaders,
  accounts: Accounts,
): Promise<Reply | undefined> {
  const login = parseBasic(authorization);
  if (login !== undefined && (await accounts(login.name, login.password))) return undefined;
  const message = login === undefined ? 'log in first' : 'the username or the password is wrong';
  return refuse('UNAUTHORIZED', message, { headers: CHALLENGE });
}

function parseBasic(header = ''): { readonly name: string; readonly password: string } | undefined {
  const [, encoded] = /^basic +([\w+/=-]+)$/i.exec(header) ?? [];
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
  return name === undefined || password === undefined ? undefined : { name, password };
}
