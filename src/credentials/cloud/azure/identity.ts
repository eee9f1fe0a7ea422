/** Tokens of Microsoft Entra, by what the environment has, in the order of Azure's own libraries (`DefaultAzureCredential`). */

import { askJson, formOf, secretIn, type Errand } from '../ask.js';
import { tokenOfIdentity } from './machine.js';
import type { CloudSession } from '../session.js';
import { readTokenFile } from '../token-file.js';

/** What the token is for: registries, in every cloud (Azure SDK, `azcontainerregistry`). */
const RESOURCE = 'https://containerregistry.azure.net';

export interface EntraToken {
  readonly token: string;
  /** What it was had by, for messages. */
  readonly source: string;
}

const FEDERATED = 'AZURE_FEDERATED_TOKEN_FILE';
const SECRET = 'AZURE_CLIENT_SECRET';

/** Undefined where there is no identity. `authority` is the host that gives out tokens. Throws CREDENTIALS_UNAVAILABLE. */
export async function fetchEntraToken(
  authority: string,
  session: CloudSession,
): Promise<EntraToken | undefined> {
  const { env, onSecret } = session;
  const tenant = env['AZURE_TENANT_ID'];
  const client = env['AZURE_CLIENT_ID'];
  const proof = tenant && client ? await proofIn(session) : undefined;
  if (!tenant || !client || proof === undefined) {
    const token = await tokenOfIdentity(RESOURCE, session);
    return token === undefined ? undefined : { token, source: 'managed identity' };
  }
  const errand: Errand = {
    what: 'a token from Microsoft Entra',
    who: authority,
    hint: `Check AZURE_TENANT_ID, AZURE_CLIENT_ID and ${proof.source}.`,
  };
  // Entra docs, "OAuth 2.0 client credentials flow".
  const form = formOf({
    grant_type: 'client_credentials',
    client_id: client,
    scope: `${RESOURCE}/.default`,
    ...proof.fields,
  });
  const url = new URL(`https://${authority}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`);
  const reply = await askJson({ ...form, url }, errand, session);
  return { token: secretIn(reply, 'access_token', { errand, onSecret }), source: proof.source };
}

interface Proof {
  readonly fields: Readonly<Record<string, string>>;
  readonly source: string;
}

/** What shows that we are the client: its secret, or the token of somebody whom it trusts, such as Kubernetes. */
async function proofIn({ env, onSecret }: CloudSession): Promise<Proof | undefined> {
  const secret = env[SECRET];
  if (secret) {
    onSecret(secret);
    return { fields: { client_secret: secret }, source: SECRET };
  }
  const file = env[FEDERATED];
  if (!file) return undefined;
  const assertion = await readTokenFile(file, FEDERATED);
  onSecret(assertion);
  const fields = {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  };
  return { fields, source: FEDERATED };
}
