import { createClient } from '../../src/registry/client.js';
import { createCloudLogins } from '../../src/operations/connect/cloud-logins.js';
import type { CloudLogin } from '../../src/credentials/cloud/session.js';
import type { OutgoingHttpHeaders } from 'node:http';
import { createAuthority } from './certificates.js';
import { readText, reply, startHttpServer, type Exchange } from './http-server.js';
import { instantClock } from './instant-clock.js';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, type Scope } from './temp.js';

/** One question to a cloud, as it arrived. */
interface Asked {
  /** Method and URL without its query: `PUT http://169.254.169.254/latest/api/token`. */
  readonly what: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What is answered, by `Asked.what`: a body with 200, or with another status, or undefined for no answer. */
export type CloudRoutes = Readonly<Record<string, (asked: Asked) => CloudReply>>;
type CloudReply =
  | string
  | object
  | readonly [status: number, body: string | object, headers?: OutgoingHttpHeaders]
  | undefined;

export interface Clouds {
  /** Everything that was asked, in order. */
  readonly asked: readonly Asked[];
  /** All that was said to be a secret. */
  readonly secrets: readonly string[];
  /** What is found, but for how long it is good. */
  readonly find: (host: string, env?: Readonly<Record<string, string>>) => Promise<CloudLogin | undefined>;
  /** How long it is good, in milliseconds, and how long again after so long. */
  readonly lives: (
    host: string,
    options: { readonly env: Readonly<Record<string, string>>; readonly afterMs: readonly number[] },
  ) => Promise<readonly (number | undefined)[]>;
  /** Certificate of the authority of all its hosts. */
  readonly authority: string;
  /** For a client: where each of its hosts really is. */
  readonly pins: readonly { host: string; port: number; address: string; toPort: number }[];
}

export interface CloudsOptions {
  /** What the firmware of the machine says, by the name of the file. */
  readonly firmware?: Readonly<Record<string, string>> | undefined;
  readonly timeLimitMs?: number | undefined;
  /** Further hosts that are answered with 404, so that what is asked of them is seen. */
  readonly hosts?: readonly string[] | undefined;
}

export const FIRMWARE = {
  aws: { sys_vendor: 'Amazon EC2\n' },
  google: { product_name: 'Google Compute Engine\n' },
  azure: { chassis_asset_tag: '7783-7084-3265-9085-8269-3286-77\n' },
} as const;

/**
 * Stand-ins for what clouds have, at their own names and addresses, on servers of loopback: with TLS what is https. The
 * requests go through the client that `reg` itself uses.
 */
export async function startClouds(
  scope: Scope,
  routes: CloudRoutes,
  options: CloudsOptions = {},
): Promise<Clouds> {
  const { firmware = {}, timeLimitMs, hosts = [] } = options;
  const asked: Asked[] = [];
  const handle = async (exchange: Exchange): Promise<void> => {
    const { url, log } = exchange;
    const what = `${log.method} ${url.origin}${url.pathname}`;
    const one = { what, query: url.searchParams, headers: log.headers, body: await readText(exchange) };
    asked.push(one);
    const route = routes[what];
    const answer = route === undefined ? ([404, ''] as const) : route(one);
    if (answer === undefined) return;
    const [status, body, headers] = isReply(answer) ? answer : ([200, answer] as const);
    reply(exchange, status, { body, ...(headers !== undefined && { headers }) });
  };
  const urls = [
    ...Object.keys(routes).map((key) => new URL(key.split(' ')[1] ?? '')),
    ...hosts.map((host) => new URL(host)),
  ];
  const names = urls.map(({ hostname }) => hostname.replace(/^\[|\]$/g, ''));
  const authority = await createAuthority('reg test clouds');
  const tls = await startHttpServer(scope, handle, {
    tls: await authority.issue([...new Set(['cloud.test', ...names])]),
  });
  const plain = await startHttpServer(scope, handle);
  const pins = urls.map(({ protocol, port }, at) => {
    const isSecure = protocol === 'https:';
    const usual = isSecure ? 443 : 80;
    return {
      host: names[at] ?? '',
      port: Number(port || usual),
      address: '127.0.0.1',
      toPort: (isSecure ? tls : plain).port,
    };
  });
  const folder = await temporaryFolder(scope);
  for (const [name, text] of Object.entries(firmware)) await writeFile(join(folder, name), text);
  const clock = instantClock();
  const client = createClient({ clock, ca: [authority.certificate], resolve: pins, connectTimeoutMs: 2000 });
  scope.after(() => client.close());
  const secrets: string[] = [];
  const session = {
    clock,
    client: () => client,
    onSecret: (secret: string) => secrets.push(secret),
    firmware: folder,
    timeLimitMs,
  };
  const find: Clouds['find'] = async (host, env = {}) => {
    const found = await createCloudLogins({ ...session, env })({ host });
    return found && { credential: found.credential, source: found.source };
  };
  const lives: Clouds['lives'] = async (host, { env, afterMs }) => {
    const login = createCloudLogins({ ...session, env });
    const found: (number | undefined)[] = [(await login({ host }))?.lifeMs];
    for (const ms of afterMs) {
      await clock.sleep(ms);
      found.push((await login({ host }))?.lifeMs);
    }
    return found;
  };
  return { asked, secrets, find, lives, authority: authority.certificate, pins };
}

function isReply(
  answer: string | object,
): answer is readonly [number, string | object, OutgoingHttpHeaders?] {
  return Array.isArray(answer);
}
