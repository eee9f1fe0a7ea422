/** An image, read from wherever its route leads: mirrors in order, then the registry itself. */

import { firstOf, type Alternative } from '../content/first-of.js';
import type { Source } from '../content/types.js';
import type { RegError } from '../errors.js';
import type { Notices } from './notices.js';
import type { ImageName, PullSource, Route, RouteLookup } from '../spec/route.js';

export interface PullSourcesOptions {
  readonly routeFor: RouteLookup;
  /** The registry itself. */
  readonly itself: Source;
  readonly sourceAt: (place: PullSource) => Source;
  readonly notices: Notices;
}

/** No I/O before the first call; the route is asked for once. */
export function readFrom(image: ImageName, options: PullSourcesOptions): Source {
  const find = async (): Promise<readonly Alternative[]> => {
    const route = await options.routeFor(image);
    return route === undefined
      ? [{ source: options.itself, resolves: true, onPass() {} }]
      : alternatives(image, { route, ...options });
  };
  return firstOf(find, { origin: { host: image.domain, repository: image.path } });
}

function alternatives(
  { domain }: ImageName,
  { route, itself, sourceAt, notices }: Omit<PullSourcesOptions, 'routeFor'> & { readonly route: Route },
): readonly Alternative[] {
  const { mirrors, instead, from } = route;
  const places = [...mirrors, ...(instead === undefined ? [] : [instead])];
  const names = [...places.map(nameOf), ...(instead === undefined ? [domain] : [])].join(', ');
  notices.say('debug', `images of ${domain} are looked for at ${names}, as ${from} says`);
  const told = places.map((place) => ({
    source: sourceAt(place),
    resolves: place.resolves,
    onPass: (error: RegError) =>
      notices.sayOnce('mirror', `passing over the mirror ${nameOf(place)}: ${error.message}`),
  }));
  return instead === undefined ? [...told, { source: itself, resolves: true, onPass() {} }] : told;
}

function nameOf({ host, root, path }: PullSource): string {
  return root === undefined ? `${host}/${path}` : root.replace(/\/v2$/, '');
}
