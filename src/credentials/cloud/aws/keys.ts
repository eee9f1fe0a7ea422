/** Keys for AWS, where its own tools look for them: the first that are there. */

import { keysOfContainer } from './container.js';
import { keysOfInstance } from './instance.js';
import { keysOfProfile } from './profile.js';
import type { EcrRegistry } from './registry.js';
import type { FoundKeys } from './reply.js';
import { keysByWebIdentity } from './web-identity.js';
import type { CloudSession } from '../session.js';

/** In the order of AWS SDKs (SDKs and Tools Reference, "Standardized credential providers"). */
export async function findAwsKeys(
  registry: EcrRegistry,
  session: CloudSession,
): Promise<FoundKeys | undefined> {
  return (
    inEnvironment(session) ??
    (await keysByWebIdentity(registry, session)) ??
    (await keysOfProfile(registry, session)) ??
    (await keysOfContainer(session)) ??
    (await keysOfInstance(session))
  );
}

function inEnvironment({ env, onSecret }: CloudSession): FoundKeys | undefined {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = env['AWS_SESSION_TOKEN'] || undefined;
  if (!accessKeyId || !secretAccessKey) return undefined;
  for (const secret of [secretAccessKey, sessionToken]) if (secret !== undefined) onSecret(secret);
  return { keys: { accessKeyId, secretAccessKey, sessionToken }, source: 'AWS_ACCESS_KEY_ID' };
}
