/** Tokens for the managed identity of a virtual machine, or of an app (App Service, Functions, Container Apps). */

import { isIP } from 'node:net';

import { RegError } from '../../../errors.js';
import { askJson, secretIn, type Errand } from '../ask.js';
import { ownerOfMachine } from '../machine.js';
import type { CloudSession } from '../session.js';

/** Entra docs, "How to use managed identities on an Azure VM to acquire an access token". */
const MACHINE = 'http://169.254.169.254/metadata/identity/oauth2/token';

const ENDPOINT = 'IDENTITY_ENDPOINT';
const HEADER = 'IDENTITY_HEADER';

const ERRAND: Errand = {
  what: 'a token from Microsoft Entra',
  who: 'the identity service of this machine',
  hint: 'Give it a managed identity; AZURE_CLIENT_ID chooses between several.',
};

/** Who hands out the token, and how it wants to be asked. */
interface Service {
  readonly url: string;
  readonly version: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A token for `resource`; undefined where there is no such service. Throws CREDENTIALS_UNAVAILABLE. */
export async function tokenOfIdentity(resource: string, session: CloudSession): Promise<string | undefined> {
  const service = serviceOfApp(session) ?? (await serviceOfMachine(session));
  if (service === undefined) return undefined;
  const { headers } = service;
  const url = new URL(service.url);
  url.searchParams.set('api-version', service.version);
  url.searchParams.set('resource', resource);
  const client = session.env['AZURE_CLIENT_ID'];
  if (client) url.searchParams.set('client_id', client);
  const reply = await askJson({ method: 'GET', url, headers }, ERRAND, session);
  return secretIn(reply, 'access_token', { ...session, errand: ERRAND });
}

async function serviceOfMachine({ firmware }: CloudSession): Promise<Service | undefined> {
  if ((await ownerOfMachine(firmware)) !== 'Azure') return undefined;
  return { url: MACHINE, version: '2018-02-01', headers: { metadata: 'true' } };
}

/** App Service docs, "Managed identities", "REST endpoint reference". */
function serviceOfApp({ env, onSecret }: CloudSession): Service | undefined {
  const [endpoint, header] = [env[ENDPOINT], env[HEADER]];
  if (!endpoint || !header) return undefined;
  onSecret(header);
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url !== undefined && isOnThisMachine(url) && /^[\x21-\x7e]+$/.test(header)) {
    return {
      url: `${url.origin}${url.pathname}`,
      version: '2019-08-01',
      headers: { 'x-identity-header': header },
    };
  }
  throw new RegError(
    'CREDENTIALS_UNAVAILABLE',
    `${ENDPOINT} and ${HEADER} do not name an Azure service on this machine`,
    {
      hint: 'Unset them: only loopback and link-local addresses are asked.',
    },
  );
}

function isOnThisMachine({ protocol, hostname }: URL): boolean {
  const isNear = isIP(hostname) === 4 && /^(127|169\.254)\./.test(hostname);
  return protocol === 'http:' && (isNear || hostname === 'localhost' || hostname === '[::1]');
}
