/**
 * The machinery: registries of three kinds, each behind a proxy that breaks connections and one that answers wrongly.
 *
 *     reg ─▶ byte proxy ─▶ logging proxy ─▶ docker-registry with passwords
 *     reg ─▶ byte proxy ─▶ logging proxy ─▶ docker-registry with tokens ── token server
 *     reg ─▶ byte proxy ─▶ logging proxy ─▶ reg serve
 *                               └── redirects ──▶ storage at another origin
 */
import { randomBytes } from 'node:crypto';
import { startByteProxy } from '../support/byte-proxy.js';
import type { ByteProxy } from '../support/byte-proxy.js';
import type { Child } from '../support/child.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { startLoggingProxy } from '../support/http-proxy-log.js';
import type { HttpServer } from '../support/http-server.js';
import { createPerson } from '../support/person.js';
import type { Person } from '../support/person.js';
import { needs } from '../support/programs.js';
import { startServe } from '../support/serve.js';
import type { Scope } from '../support/temp.js';
import { startTokenServer } from '../support/token-server.js';
import { startElsewhere } from './elsewhere.js';
import type { Elsewhere } from './elsewhere.js';
import { createHttpFaults } from './http-faults.js';
import { createImageMaker } from './images.js';
import type { ImageMaker } from './images.js';
import { startNetworkFaults } from './network-faults.js';
import type { Random } from './random.js';
import { Secrets } from './secrets.js';
import { Tally } from './tally.js';

interface User {
  readonly username: string;
  readonly password: string;
}

export interface Site {
  readonly name: 'passwords' | 'tokens' | 'reg serve';
  /** Of its byte proxy: what references name. */
  readonly host: string;
  readonly user: User | undefined;
  /** Everything that reached it. */
  readonly log: HttpServer;
  readonly network: ByteProxy;
}

export interface Rig {
  readonly sites: readonly Site[];
  readonly images: ImageMaker;
  readonly secrets: Secrets;
  readonly faults: Tally;
  /** Logged in wherever that is needed. */
  readonly me: Person;
  readonly elsewhere: Elsewhere;
  /** The embedded registry: its process, and whose store it is. */
  readonly served: { readonly child: Child; readonly owner: Person };
  /** Starts the faults; the answer stops them. */
  readonly shake: () => () => void;
}

/** Starts it all, and logs in. No faults yet. */
export async function startRig(scope: Scope, random: Random): Promise<Rig> {
  const images = await createImageMaker(random.fork());
  const secrets = new Secrets();
  const faults = new Tally();
  const signature = newSecret(secrets);
  const elsewhere = await startElsewhere(scope, { contents: images.contents, signature });
  let shaking = false;
  const site = async (name: Site['name'], origin: string, user?: User): Promise<Site> => {
    const options = { random: random.fork(), tally: faults, contents: images.contents, origin };
    const intercept = createHttpFaults({ ...options, elsewhere: elsewhere.urlOf, isOn: () => shaking });
    const log = await startLoggingProxy(scope, origin, { intercept });
    const network = await startByteProxy(scope, log);
    return { name, host: network.host, user, log, network };
  };

  const owner = await createPerson(scope);
  const serve = await startServe(scope, owner, ['--debug']);
  const sites = [await site('reg serve', serve.origin)];
  if (needs('docker-registry', 'htpasswd').skip === false) {
    const [ann, bob] = [newUser('ann', secrets), newUser('bob', secrets)];
    const byPassword = await startDockerRegistry(scope, { auth: { users: { ann: ann.password } } });
    const tokens = await startTokenServer(scope, { users: { bob: bob.password }, lifeSeconds: 8 });
    const byToken = await startDockerRegistry(scope, { auth: { token: tokens.trust } });
    sites.push(await site('passwords', byPassword.origin, ann), await site('tokens', byToken.origin, bob));
  }

  const me = await createPerson(scope);
  for (const { host, user } of sites) {
    if (user === undefined) continue;
    const { stdout, stderr } = await me.reg(['login', '-u', user.username, '--password-stdin', host], {
      stdin: user.password,
    });
    secrets.search('the output of reg login', stdout + stderr);
  }
  // All tokens begin alike: with the same header.
  for (const { headers } of sites.flatMap(({ log }) => log.requests)) {
    const [, start] = /^Bearer (eyJ[^.]+)\./.exec(headers.authorization ?? '') ?? [];
    if (start !== undefined) secrets.add(start);
  }
  const shake = (): (() => void) => {
    shaking = true;
    const stops = sites.map(({ network }) =>
      startNetworkFaults(network, { random: random.fork(), tally: faults }),
    );
    return () => {
      shaking = false;
      for (const stop of stops) stop();
    };
  };
  return { sites, images, secrets, faults, me, elsewhere, served: { child: serve.child, owner }, shake };
}

/** With characters that have to be escaped somewhere. */
function newUser(username: string, secrets: Secrets): User {
  const password = `${newSecret(secrets)}%41 "&+:`;
  secrets.add(password, `${username}:${password}`);
  return { username, password };
}

/** Not by the seed: a secret that anybody can guess is none. */
function newSecret(secrets: Secrets): string {
  const secret = randomBytes(12).toString('hex');
  secrets.add(secret);
  return secret;
}
