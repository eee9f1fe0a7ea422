/** Signs requests to AWS (IAM User Guide, "Create a signed AWS API request", version 4), as far as we need: no query. */

import { createHash, createHmac } from 'node:crypto';

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Goes with keys that are good for a while only. */
  readonly sessionToken?: string | undefined;
}

export interface Unsigned {
  readonly method: string;
  /** Without a query. */
  readonly url: URL;
  /** Lower-case names; all of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SigningOptions {
  readonly keys: AwsKeys;
  readonly region: string;
  readonly service: string;
  /** Milliseconds since 1970; AWS takes what is within 5 minutes of its own clock. */
  readonly time: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** The headers of the request, with what makes it a signed one. */
export function signedHeaders(request: Unsigned, options: SigningOptions): Readonly<Record<string, string>> {
  const { keys, region, service, time } = options;
  const { sessionToken } = keys;
  // 20150830T123600Z
  const stamp = new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
  const date = stamp.slice(0, 8);
  const headers = {
    ...request.headers,
    'x-amz-date': stamp,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const scope = `${date}/${region}/${service}/aws4_request`;
  const { names, text } = canonical({ ...request, headers });
  const toSign = [ALGORITHM, stamp, scope, sha256(text)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<Uint8Array>(
    hmac,
    Buffer.from(`AWS4${keys.secretAccessKey}`),
  );
  const signature = hmac(key, toSign).toString('hex');
  const authorization = `${ALGORITHM} Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...headers, authorization };
}

function canonical({ method, url, headers, body }: Unsigned): {
  readonly names: string;
  readonly text: string;
} {
  const lines = Object.entries({ ...headers, host: url.host })
    .map(([name, value]) => [name, value.trim().replace(/ +/g, ' ')] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const names = lines.map(([name]) => name).join(';');
  const shown = lines.map(([name, value]) => `${name}:${value}\n`).join('');
  return { names, text: [method, url.pathname, '', shown, names, sha256(body)].join('\n') };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
