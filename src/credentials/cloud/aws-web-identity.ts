/**
 * Keys of a role that is taken on with a token of somebody else's: of Kubernetes in EKS, of GitHub or GitLab in CI (STS
 * API Reference, "AssumeRoleWithWebIdentity"; SDKs and Tools Reference, "Assume role credential provider").
 */

import { ask, formOf, unavailable, type Errand } from './ask.js';
import type { EcrRegistry } from './aws-registry.js';
import type { FoundKeys } from './aws-reply.js';
import type { CloudSession } from './session.js';
import { readTokenFile } from './token-file.js';

const TOKEN_FILE = 'AWS_WEB_IDENTITY_TOKEN_FILE';

/** Undefined where the variables for it are not set. Throws CREDENTIALS_UNAVAILABLE. */
export async function keysByWebIdentity(
  { region, api }: EcrRegistry,
  session: CloudSession,
): Promise<FoundKeys | undefined> {
  const { env, onSecret } = session;
  const file = env[TOKEN_FILE];
  const role = env['AWS_ROLE_ARN'];
  if (!file || !role) return undefined;
  const token = await readTokenFile(file, TOKEN_FILE);
  onSecret(token);
  // The registry's own region: it is of the same partition, and in use.
  const url = new URL(`https://sts.${region}.amazonaws.com${api.host.endsWith('.cn') ? '.cn' : ''}/`);
  const errand: Errand = {
    what: 'keys for AWS',
    who: url.host,
    hint: `Does the role in AWS_ROLE_ARN trust the issuer of the token in ${TOKEN_FILE}?`,
  };
  const form = formOf({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: env['AWS_ROLE_SESSION_NAME'] || 'reg',
    WebIdentityToken: token,
  });
  const { body } = await ask({ ...form, url }, errand, session);
  const reply = Buffer.from(body).toString();
  const secret = (name: string): string => {
    // None of the three holds a character that XML would write otherwise.
    const value = new RegExp(`<${name}>([\\w+/=-]+)</${name}>`).exec(reply)?.[1];
    if (value === undefined) throw unavailable(errand, `the answer of ${url.host} has no ${name}`);
    onSecret(value);
    return value;
  };
  const keys = {
    accessKeyId: secret('AccessKeyId'),
    secretAccessKey: secret('SecretAccessKey'),
    sessionToken: secret('SessionToken'),
  };
  return { keys, source: 'AWS_ROLE_ARN' };
}
