/** The registry, and perhaps the image there, that is looked at: what several checks ask for, asked once. */

import { once } from '../../content/once.js';
import type { Source } from '../../credentials/source.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Digest } from '../../spec/digest.js';
import type { Reference } from '../../spec/reference.js';
import type { Registry } from '../../registry/registry.js';
import type { RouteLookup } from '../../spec/route.js';
import type { Greeting, Survey } from '../../registry/survey/survey.js';
import type { Connection } from '../connect/connect.js';
import { registryName } from '../image-name.js';

export interface RegistrySubject {
  /** As in a reference. */
  readonly host: string;
  readonly survey: Survey;
  /** Where an image was named. */
  readonly image: ImageSubject | undefined;
  readonly loginFor: Source;
  readonly routeFor: RouteLookup;
  /** Folders and files that say how to reach a host. */
  readonly settingsFiles: (host: string) => Promise<readonly string[]>;
  readonly greeting: () => Promise<Greeting>;
  /** Milliseconds since 1970. */
  readonly wallTime: () => number;
  /** A digest that nobody has. */
  readonly nothing: Digest;
  /** Whether an upload may be begun, and called off, to find out what is taken. */
  readonly mayPush: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A registry of which an image was named. */
export interface NamedSubject extends RegistrySubject {
  readonly image: ImageSubject;
}

export interface ImageSubject {
  readonly reference: Reference;
  readonly repository: Registry;
  /** By one HEAD. */
  readonly descriptor: () => Promise<Descriptor>;
}

export interface SubjectOptions extends Pick<
  RegistrySubject,
  'mayPush' | 'nothing' | 'routeFor' | 'settingsFiles' | 'signal' | 'wallTime'
> {
  readonly client: Connection;
  readonly image: Reference | undefined;
}

/** No I/O. Throws INVALID_REFERENCE. */
export function subjectOf(host: string, { client, image, ...rest }: SubjectOptions): RegistrySubject {
  const { signal } = rest;
  const survey = client.survey(host);
  return {
    host,
    survey,
    image: image && imageOf(image, { client, signal }),
    loginFor: client.loginFor,
    greeting: once(() => survey.greeting(signal)),
    ...rest,
  };
}

function imageOf(
  reference: Reference,
  { client, signal }: Pick<SubjectOptions, 'client' | 'signal'>,
): ImageSubject {
  const repository = client.repository(reference.domain, reference.path);
  const descriptor = once(() => repository.resolve(registryName(reference), { signal }));
  return { reference, repository, descriptor };
}
