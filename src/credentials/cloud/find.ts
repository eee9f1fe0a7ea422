/**
 * Logins that a machine or a CI job in a cloud has without anybody's logging in: only for the very hosts of that
 * cloud's registries, and only where its environment is there.
 */

import { explain } from '../../errors.js';
import { aws } from './aws/aws.js';
import { azure } from './azure/azure.js';
import { github } from './github.js';
import { gitlab } from './gitlab.js';
import { google } from './google/google.js';
import type { CloudLogin, CloudSession } from './session.js';

const CLOUDS = [gitlab, github, aws, google, azure];

/**
 * The login that the cloud of a registry gives; undefined for a host of none, and where the environment has nothing to
 * make one from. Throws CREDENTIALS_UNAVAILABLE, DISK_ERROR, ABORTED.
 */
export async function findCloudLogin(host: string, session: CloudSession): Promise<CloudLogin | undefined> {
  // A host as references have it may name the port of https, and be in any case.
  const bare = host.toLowerCase().replace(/:443$/, '');
  const cloud = CLOUDS.find(({ matches }) => matches(bare, session.env));
  try {
    return await cloud?.find(bare, session);
  } catch (error) {
    throw explain(error, `no login for ${host}`);
  }
}
