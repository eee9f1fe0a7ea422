/**
 * Logins to the registries of AWS.
 *
 *     keys ──signed request──▶ GetAuthorizationToken ──▶ "AWS" and a password that is good for 12 hours
 */

import { isObject } from '../../../spec/json.js';
import { isPlain } from '../../credential.js';
import { askJson, secretIn, unavailable, type Errand } from '../ask.js';
import { findAwsKeys } from './keys.js';
import { parseEcrHost, type EcrRegistry } from './registry.js';
import type { Cloud, CloudLogin, CloudSession } from '../session.js';
import { signedHeaders, type AwsKeys } from './sigv4.js';

/** In milliseconds. */
const LIFE_MS = 12 * 3_600_000;

export const aws: Cloud = {
  matches: (host) => parseEcrHost(host) !== undefined,
  async find(host, session) {
    const registry = parseEcrHost(host);
    const found = registry && (await findAwsKeys(registry, session));
    if (registry === undefined || found === undefined) return undefined;
    const login = await fetchLogin(registry, found.keys, session);
    return { ...login, source: `AWS (${found.source})` };
  },
};

async function fetchLogin(
  registry: EcrRegistry,
  keys: AwsKeys,
  session: CloudSession,
): Promise<Omit<CloudLogin, 'source'>> {
  const { api, service, region, action } = registry;
  const errand: Errand = {
    what: 'a token from AWS',
    who: api.host,
    hint: `The role or user needs ${service}:GetAuthorizationToken${service === 'ecr' ? '' : ' and sts:GetServiceBearerToken'}.`,
  };
  const unsigned = {
    method: 'POST',
    url: api,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': action },
    body: '{}',
  } as const;
  const headers = signedHeaders(unsigned, { keys, region, service, time: session.wallTime() });
  const reply = await askJson({ ...unsigned, headers }, errand, session);
  // ECR answers with a list, ECR Public with its one entry.
  const first = [reply['authorizationData']].flat()[0];
  const data = isObject(first) ? first : {};
  const token = secretIn(data, 'authorizationToken', { ...session, errand });
  const [, username, password] = /^(AWS):(.+)$/s.exec(Buffer.from(token, 'base64').toString()) ?? [];
  if (username === undefined || password === undefined || !isPlain({ username, password })) {
    throw unavailable(errand, `the answer of ${api.host} is not a login`);
  }
  session.onSecret(password);
  return { credential: { username, password }, lifeMs: lifeUntil(data['expiresAt'], session) };
}

/** From seconds since 1970. */
function lifeUntil(expiresAt: unknown, { wallTime }: CloudSession): number {
  const lifeMs = typeof expiresAt === 'number' ? expiresAt * 1000 - wallTime() : 0;
  return lifeMs > 0 && lifeMs < LIFE_MS ? lifeMs : LIFE_MS;
}
