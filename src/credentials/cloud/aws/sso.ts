/**
 * Keys of a role by the token that `aws sso login` leaves in `~/.aws/sso/cache` (SDKs and Tools Reference, "IAM Identity
 * Center credential provider"; IAM Identity Center Portal API, "GetRoleCredentials").
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { isObject, parseJsonObject } from '../../../spec/json.js';
import { quoteText } from '../../../spec/text.js';
import { askJson, secretIn, unavailable, type Errand } from '../ask.js';
import { awsFolder, type AwsFiles, type AwsSettings } from './files.js';
import type { CloudSession } from '../session.js';
import type { AwsKeys } from './sigv4.js';
import { readFileIfThere } from '../token-file.js';

/** The region becomes a part of a host. */
const REGION = /^[a-z]{2}(?:-[a-z]+)+-[0-9]$/;

/** Throws CREDENTIALS_UNAVAILABLE, DISK_ERROR. */
export async function keysBySso(
  profile: AwsSettings,
  {
    name,
    files,
    session,
  }: { readonly name: string; readonly files: AwsFiles; readonly session: CloudSession },
): Promise<AwsKeys> {
  const { onSecret } = session;
  const hint = `Run "aws sso login --profile ${quoteText(name, 40).slice(1, -1)}".`;
  const errand: Errand = { what: 'keys for AWS', who: 'IAM Identity Center', hint };
  const sessionName = profile.get('sso_session');
  const place = sessionName === undefined ? profile : files.sessions.get(sessionName);
  const region = place?.get('sso_region') ?? '';
  const account = profile.get('sso_account_id') ?? '';
  const role = profile.get('sso_role_name') ?? '';
  if (!REGION.test(region) || account === '' || role === '')
    throw unavailable(errand, `the profile ${quoteText(name, 40)} lacks what "aws configure sso" writes`);
  const token = await readToken(sessionName ?? place?.get('sso_start_url') ?? '', { errand, session });
  const url = new URL(`https://portal.sso.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`);
  url.pathname = '/federation/credentials';
  url.search = new URLSearchParams({ account_id: account, role_name: role }).toString();
  const headers = { 'x-amz-sso_bearer_token': token };
  const reply = await askJson({ method: 'GET', url, headers }, errand, session);
  const keys = isObject(reply['roleCredentials']) ? reply['roleCredentials'] : {};
  const secret = (key: string): string => secretIn(keys, key, { errand, onSecret });
  return {
    accessKeyId: secret('accessKeyId'),
    secretAccessKey: secret('secretAccessKey'),
    sessionToken: secret('sessionToken'),
  };
}

/** The token stands under the hash of the session's name, or of the start page where there is no session. */
async function readToken(
  key: string,
  { errand, session }: { readonly errand: Errand; readonly session: CloudSession },
): Promise<string> {
  const hash = createHash('sha1').update(key).digest('hex');
  const folder = awsFolder(session);
  const file = folder === undefined ? undefined : join(folder, 'sso', 'cache', `${hash}.json`);
  const bytes = file === undefined ? undefined : await readFileIfThere(file);
  if (file === undefined || bytes === undefined) throw unavailable(errand, 'nobody is logged in');
  const { hint } = errand;
  const kept = parseJsonObject(bytes, { what: quoteText(file), code: 'CREDENTIALS_UNAVAILABLE', hint });
  const token = secretIn(kept, 'accessToken', { errand, onSecret: session.onSecret });
  const end = Date.parse(String(kept['expiresAt']));
  if (end > session.wallTime()) return token;
  throw unavailable(errand, 'the login has run out');
}
