/**
 * `reg doctor`: looks at what a registry needs to be used, one check after the other.
 *
 *     machine/     versions ▶ variables ▶ logins ▶ keychain ▶ proxies ▶ mirrors ▶ certificates ▶ store ▶ disk
 *     way/         how a registry is reached: settings ▶ mirrors ▶ proxy ▶ name ▶ connection ▶ certificate ▶ greeting ▶ clock
 *     rights/      what we may have of it: login ▶ access ▶ token ▶ image ▶ rate limit
 *     abilities/   what it can do: referrers ▶ ranges ▶ deletion ▶ push ▶ catalog
 *
 * Nothing is changed anywhere; an upload is begun, and called off, only where that is asked for.
 */

import { DOCKER_HUB } from '../../spec/docker-hub.js';
import { catalog } from './abilities/catalog.js';
import { deletion } from './abilities/deletion.js';
import { push } from './abilities/push.js';
import { ranges } from './abilities/ranges.js';
import { referrers } from './abilities/referrers.js';
import { certificates } from './machine/certificates.js';
import { disk } from './machine/disk.js';
import { environment } from './machine/environment.js';
import { keychain } from './machine/keychain.js';
import { containersAuth, dockerConfig } from './machine/login-files.js';
import { proxies } from './machine/proxies.js';
import { store } from './machine/store.js';
import { versions } from './machine/versions.js';
import { access } from './rights/access.js';
import { image } from './rights/image.js';
import { login } from './rights/login.js';
import { rateLimit } from './rights/rate-limit.js';
import { token } from './rights/token.js';
import { api } from './way/api.js';
import { certificate } from './way/certificate.js';
import { clock } from './way/clock.js';
import { connection } from './way/connection.js';
import { name } from './way/name.js';
import { proxy } from './way/proxy.js';
import { settings } from './way/settings.js';
import { examine, type Finding } from './check.js';
import type { MachineSubject } from './machine-subject.js';
import { hubMirrors, mirrors } from './mirrors.js';
import type { RegistrySubject } from './registry-subject.js';

const MACHINE = [
  versions,
  environment,
  dockerConfig,
  containersAuth,
  keychain,
  proxies,
  hubMirrors,
  certificates,
  store,
  disk,
];
const WAY = [settings, mirrors, proxy, name, connection, certificate, api, clock];
const RIGHTS = [login, access, token];
const OF_IMAGE = [image, rateLimit, referrers, ranges, deletion];
/** The last one: the token that it asks for is good for nothing else. */
const LAST = [catalog];

/** This machine's own things. */
export function examineMachine(machine: MachineSubject): AsyncGenerator<Finding> {
  return examine(MACHINE, machine);
}

/** A registry, an image there if one is named, and the store that it would be pulled into. */
export async function* examineRegistry(
  registry: RegistrySubject,
  machine: MachineSubject,
): AsyncGenerator<Finding> {
  const { host, image: named, mayPush } = registry;
  yield* named === undefined
    ? examine([...WAY, ...RIGHTS, ...(host === DOCKER_HUB ? [rateLimit] : []), ...LAST], registry)
    : examine([...WAY, ...RIGHTS, ...OF_IMAGE, ...(mayPush ? [push] : []), ...LAST], {
        ...registry,
        image: named,
      });
  yield* examine([store, disk], machine);
}
