/**
 * Logins to the registries of Google: an access token, as the password of a user of a fixed name (Artifact Registry docs,
 * "Configure authentication to Artifact Registry for Docker").
 */

import { askJson, lifeIn, secretIn, type CloudToken, type Errand } from '../ask.js';
import { tokenByKeyFile } from './key.js';
import { ownerOfMachine } from '../machine.js';
import type { Cloud, CloudLogin, CloudSession } from '../session.js';

const HOSTS = /^(?:(?:[a-z0-9-]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev)$/;

/** Compute Engine docs, "About VM metadata"; the same in Kubernetes Engine and in Cloud Run. */
const METADATA = new URL('http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token');

/** Variables of Cloud Run ("Container runtime contract"), which shows no firmware. */
const SERVERLESS = ['K_SERVICE', 'CLOUD_RUN_JOB'];

const ERRAND: Errand = {
  what: 'a token from Google',
  who: 'the metadata service of this machine',
  hint: 'Give the machine a service account, or name a key file with GOOGLE_APPLICATION_CREDENTIALS.',
};

export const google: Cloud = {
  matches: (host) => HOSTS.test(host),
  async find(_host, session) {
    const variable = 'GOOGLE_APPLICATION_CREDENTIALS';
    const file = session.env[variable];
    if (file) {
      const token = await tokenByKeyFile(file, { ...session, variable });
      return loginBy(token, variable);
    }
    if (!(await isGoogles(session))) return undefined;
    const token = await tokenOfMachine(session);
    return loginBy(token, 'account of this machine');
  },
};

function loginBy({ value, lifeMs }: CloudToken, source: string): CloudLogin {
  const credential = { username: 'oauth2accesstoken', password: value };
  return { credential, source: `Google (${source})`, lifeMs };
}

async function isGoogles({ env, firmware }: CloudSession): Promise<boolean> {
  return SERVERLESS.some((name) => env[name]) || (await ownerOfMachine(firmware)) === 'Google';
}

async function tokenOfMachine(session: CloudSession): Promise<CloudToken> {
  const headers = { 'metadata-flavor': 'Google' };
  const reply = await askJson({ method: 'GET', url: METADATA, headers }, ERRAND, session);
  return { value: secretIn(reply, 'access_token', { ...session, errand: ERRAND }), lifeMs: lifeIn(reply) };
}
