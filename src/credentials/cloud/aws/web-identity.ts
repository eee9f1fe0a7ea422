/**
 * Keys of a role that is taken on with a token of somebody else's: of Kubernetes in EKS, of GitHub or GitLab in CI (SDKs
 * and Tools Reference, "Assume role credential provider").
 */

import type { EcrRegistry } from './registry.js';
import type { FoundKeys } from './reply.js';
import { assumeRoleByToken } from './role.js';
import type { CloudSession } from '../session.js';
import { readTokenFile } from '../token-file.js';

const TOKEN_FILE = 'AWS_WEB_IDENTITY_TOKEN_FILE';

/** Undefined where the variables for it are not set. Throws CREDENTIALS_UNAVAILABLE. */
export async function keysByWebIdentity(
  registry: EcrRegistry,
  session: CloudSession,
): Promise<FoundKeys | undefined> {
  const { env } = session;
  const file = env[TOKEN_FILE];
  const arn = env['AWS_ROLE_ARN'];
  if (!file || !arn) return undefined;
  const token = await readTokenFile(file, TOKEN_FILE);
  const sessionName = env['AWS_ROLE_SESSION_NAME'] || 'reg';
  const hint = `Does the role in AWS_ROLE_ARN trust the issuer of the token in ${TOKEN_FILE}?`;
  const keys = await assumeRoleByToken({ arn, sessionName, token, hint }, { registry, session });
  return { keys, source: 'AWS_ROLE_ARN' };
}
