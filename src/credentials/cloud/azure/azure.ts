/**
 * Logins to the registries of Azure (Azure Container Registry docs, "AAD-OAuth").
 *
 *     identity ──▶ Entra token ──/oauth2/exchange of the registry──▶ refresh token for its token service
 */

import { askJson, formOf, secretIn, type Errand } from '../ask.js';
import { fetchEntraToken } from './identity.js';
import type { Cloud } from '../session.js';

/** A name, perhaps with the hash behind it that newer ones have; and the cloud: of all, of China, of the US government. */
const HOSTS = /^[a-z0-9]+(?:-[a-z0-9]+)*\.azurecr\.(?<cloud>io|cn|us)$/;

/** Where each cloud gives out tokens (Entra docs, "National clouds"). */
const AUTHORITIES: Readonly<Record<string, string>> = {
  io: 'login.microsoftonline.com',
  cn: 'login.chinacloudapi.cn',
  us: 'login.microsoftonline.us',
};

/** A refresh token is good for 3 hours; with a margin. In milliseconds. */
const LIFE_MS = 2 * 3_600_000;

/** The user that a refresh token goes with where a password is wanted. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

export const azure: Cloud = {
  matches: (host) => HOSTS.test(host),
  async find(host, session) {
    const authority = AUTHORITIES[HOSTS.exec(host)?.groups?.['cloud'] ?? ''];
    const entra = authority === undefined ? undefined : await fetchEntraToken(authority, session);
    if (entra === undefined) return undefined;
    const errand: Errand = {
      what: `a token for ${host}`,
      who: host,
      hint: `The identity (${entra.source}) needs the role AcrPull, or AcrPush, on the registry.`,
    };
    const form = formOf({ grant_type: 'access_token', service: host, access_token: entra.token });
    const url = new URL(`https://${host}/oauth2/exchange`);
    const token = secretIn(await askJson({ ...form, url }, errand, session), 'refresh_token', {
      ...session,
      errand,
    });
    return {
      credential: { identityToken: token, username: NOBODY, password: token },
      source: `Azure (${entra.source})`,
      lifeMs: LIFE_MS,
    };
  },
};
