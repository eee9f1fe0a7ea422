/** Where images of the registry are read from before it, and what said so. */

import type { PullSource, Route } from '../../spec/route.js';
import { DOCKER_HUB } from '../../spec/docker-hub.js';
import { good, none, type Check, type Result } from './check.js';
import type { MachineSubject } from './machine-subject.js';
import type { RegistrySubject } from './registry-subject.js';

/** For an image that nobody named. */
const ANY = { path: 'image', tag: 'latest' };

export const mirrors: Check<RegistrySubject> = {
  check: 'mirrors',
  title: 'Mirrors',
  look: async ({ host, image, routeFor }) =>
    describe(host, await routeFor(image?.reference ?? { ...ANY, domain: host })),
};

/** Those of Docker Hub, which most mirrors are for. All files that can name one are read for that. */
export const hubMirrors: Check<MachineSubject> = {
  check: 'mirrors',
  title: 'Mirrors',
  look: async ({ routeFor }) =>
    describe(DOCKER_HUB, await routeFor({ ...ANY, path: 'library/image', domain: DOCKER_HUB })),
};

function describe(host: string, route: Route | undefined): Result {
  if (route === undefined) return none(`none for ${host}`);
  const { mirrors: before, from } = route;
  // A file may name the registry itself, to set something for it.
  const instead = route.instead?.host === host ? undefined : route.instead;
  const places = [...before, ...(instead === undefined ? [] : [instead])].map(placeOf);
  const facts = { mirrors: places, from };
  if (places.length === 0) return none(`none for ${host}, as ${from} says`, facts);
  const how = instead === undefined ? `before ${host}` : `in place of ${host}`;
  return good(`${places.join(', ')} ${how}, as ${from} says`, facts);
}

function placeOf({ host, root }: PullSource): string {
  return root === undefined ? host : new URL(root).host;
}
