/**
 * Keys of the role of an EC2 instance, by version 2 of its metadata service (EC2 User Guide, "Use the Instance Metadata
 * Service").
 */

import { ask, parseAnswer, unavailable, type Errand } from '../ask.js';
import { keysIn, type FoundKeys } from './reply.js';
import { ownerOfMachine } from '../machine.js';
import type { CloudSession } from '../session.js';

const SERVICE = 'http://169.254.169.254/latest/';
const ROLES = 'meta-data/iam/security-credentials/';
const TOKEN = 'x-aws-ec2-metadata-token';

const ERRAND: Errand = {
  what: 'keys for AWS',
  who: 'the metadata service of this instance',
  hint: 'In a container, the instance needs a hop limit of 2. AWS_EC2_METADATA_DISABLED=true skips it.',
};

/** Undefined on other machines, and on an instance without a role. Throws CREDENTIALS_UNAVAILABLE. */
export async function keysOfInstance(session: CloudSession): Promise<FoundKeys | undefined> {
  const { env, firmware, onSecret } = session;
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined;
  if ((await ownerOfMachine(firmware)) !== 'AWS') return undefined;
  const token = await fetchToken(session);
  onSecret(token);
  const get = (path: string): ReturnType<typeof ask> =>
    ask(
      { method: 'GET', url: new URL(path, SERVICE), headers: { [TOKEN]: token } },
      { ...ERRAND, expect: [404] },
      session,
    );
  const roles = await get(ROLES);
  const [role = ''] = Buffer.from(roles.body).toString().split('\n');
  if (roles.status === 404 || role === '') return undefined;
  if (!/^[\w+=,.@-]+$/.test(role)) throw unavailable(ERRAND, 'its answer is not the name of a role');
  const reply = parseAnswer((await get(`${ROLES}${role}`)).body, ERRAND);
  return { keys: keysIn(reply, ERRAND, session), source: 'role of this instance' };
}

async function fetchToken(session: CloudSession): Promise<string> {
  const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '300' };
  const answer = await ask({ method: 'PUT', url: new URL('api/token', SERVICE), headers }, ERRAND, session);
  const token = Buffer.from(answer.body).toString();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw unavailable(ERRAND, 'its answer is not a token');
}
