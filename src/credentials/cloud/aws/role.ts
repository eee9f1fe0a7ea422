/** Keys of a role that is taken on: with other keys, or with a token of somebody else's (STS API Reference, "AssumeRole…"). */

import { ask, formOf, unavailable, type Errand } from '../ask.js';
import type { EcrRegistry } from './registry.js';
import type { CloudSession } from '../session.js';
import { signedHeaders, type AwsKeys } from './sigv4.js';

interface Role {
  readonly arn: string;
  readonly sessionName: string;
  /** What to do when it is refused. */
  readonly hint: string;
}

interface Way {
  readonly registry: EcrRegistry;
  readonly session: CloudSession;
}

/** Throws CREDENTIALS_UNAVAILABLE. */
export async function assumeRole(
  { keys, externalId, ...role }: Role & { readonly keys: AwsKeys; readonly externalId: string | undefined },
  { registry, session }: Way,
): Promise<AwsKeys> {
  const { region } = registry;
  const url = stsOf(registry);
  const external = externalId === undefined ? {} : { ExternalId: externalId };
  const { headers = {}, body = '' } = formOf({ Action: 'AssumeRole', ...fieldsOf(role), ...external });
  const signing = { keys, region, service: 'sts', time: session.wallTime() };
  const signed = signedHeaders({ method: 'POST', url, headers, body }, signing);
  const errand = errandOf(role, url);
  const answer = await ask({ method: 'POST', url, headers: signed, body }, errand, session);
  return keysInXml(answer.body, errand, session);
}

/** Throws CREDENTIALS_UNAVAILABLE. */
export async function assumeRoleByToken(
  { token, ...role }: Role & { readonly token: string },
  { registry, session }: Way,
): Promise<AwsKeys> {
  session.onSecret(token);
  const url = stsOf(registry);
  const form = formOf({
    Action: 'AssumeRoleWithWebIdentity',
    ...fieldsOf(role),
    WebIdentityToken: token,
  });
  const errand = errandOf(role, url);
  const { body } = await ask({ ...form, url }, errand, session);
  return keysInXml(body, errand, session);
}

/** The registry's own region: it is of the same partition, and in use. */
function stsOf({ region, api }: EcrRegistry): URL {
  return new URL(`https://sts.${region}.amazonaws.com${api.host.endsWith('.cn') ? '.cn' : ''}/`);
}

function errandOf({ hint }: Role, { host }: URL): Errand {
  return { what: 'keys for AWS', who: host, hint };
}

function fieldsOf({ arn, sessionName }: Role): Readonly<Record<string, string>> {
  return { Version: '2011-06-15', RoleArn: arn, RoleSessionName: sessionName };
}

function keysInXml(body: Uint8Array, errand: Errand, { onSecret }: CloudSession): AwsKeys {
  const reply = Buffer.from(body).toString();
  const secret = (name: string): string => {
    // None of the three holds a character that XML would write otherwise.
    const value = new RegExp(`<${name}>([\\w+/=-]+)</${name}>`).exec(reply)?.[1];
    if (value === undefined) throw unavailable(errand, `the answer of ${errand.who} has no ${name}`);
    onSecret(value);
    return value;
  };
  return {
    accessKeyId: secret('AccessKeyId'),
    secretAccessKey: secret('SecretAccessKey'),
    sessionToken: secret('SessionToken'),
  };
}
