/** Keys for AWS, and how the services on its own machines hand them out. */

import type { JsonObject } from '../../../spec/json.js';
import { secretIn, type Errand } from '../ask.js';
import type { CloudSession } from '../session.js';
import type { AwsKeys } from './sigv4.js';

export interface FoundKeys {
  readonly keys: AwsKeys;
  /** For messages. */
  readonly source: string;
}

/** Throws CREDENTIALS_UNAVAILABLE. */
export function keysIn(reply: JsonObject, errand: Errand, { onSecret }: CloudSession): AwsKeys {
  const accessKeyId = secretIn(reply, 'AccessKeyId', { errand, onSecret });
  const secretAccessKey = secretIn(reply, 'SecretAccessKey', { errand, onSecret });
  return { accessKeyId, secretAccessKey, sessionToken: secretIn(reply, 'Token', { errand, onSecret }) };
}
