/**
 * `reg doctor`: looks at what a registry needs to be used, one check after the other, each in a file of its own.
 *
 *     this machine     versions ▶ logins ▶ proxies ▶ mirrors ▶ certificates ▶ store ▶ disk
 *     a registry       settings ▶ mirrors ▶ proxy ▶ name ▶ connection ▶ certificate ▶ greeting ▶ login ▶ token ▶ image ▶ abilities
 *
 * Nothing is changed anywhere; an upload is begun, and called off, only where that is asked for.
 */

import { DOCKER_HUB } from '../../spec/docker-hub.js';
import { access } from './access.js';
import { api } from './api.js';
import { catalog } from './catalog.js';
import { certificate } from './certificate.js';
import { certificates } from './certificates.js';
import { examine, type Finding } from './check.js';
import { clock } from './clock.js';
import { connection } from './connection.js';
import { containersAuth } from './containers-auth.js';
import { deletion } from './deletion.js';
import { disk } from './disk.js';
import { dockerConfig } from './docker-config.js';
import { environment } from './environment.js';
import { image } from './image.js';
import { keychain } from './keychain.js';
import { login } from './login.js';
import type { MachineSubject } from './machine.js';
import { hubMirrors, mirrors } from './mirrors.js';
import { name } from './name.js';
import { proxies } from './proxies.js';
import { proxy } from './proxy.js';
import { push } from './push.js';
import { ranges } from './ranges.js';
import { rateLimit } from './rate-limit.js';
import { referrers } from './referrers.js';
import { settings } from './settings.js';
import { store } from './store.js';
import type { RegistrySubject } from './subject.js';
import { token } from './token.js';
import { versions } from './versions.js';

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
