/** Whether the registry gives out parts of blobs, so that a broken download goes on where it stopped. */

import { readManifest } from '../../../content/read.js';
import type { Digest } from '../../../spec/digest.js';
import { DOCKER_HUB } from '../../../spec/docker-hub.js';
import { able } from './ability.js';
import { none, type Check } from '../check.js';
import type { ImageSubject, NamedSubject } from '../registry-subject.js';

export const ranges: Check<NamedSubject> = {
  check: 'ranges',
  title: 'Ranges',
  needs: ['access', 'image'],
  async look({ host, image, survey, signal }) {
    // There every GET of a manifest counts as a pull (Docker docs, "Usage and limits").
    if (host === DOCKER_HUB) return none('not asked for: there it would count as a pull');
    const digest = await findBlob(image, signal);
    if (digest === undefined) return none('not asked for: the image has no blobs');
    const ability = await survey.ranges({ repository: image.reference.path, digest, signal });
    return able(ability, {
      yes: 'broken downloads go on where they stopped',
      no: 'none: a broken download starts again',
    });
  },
};

/** The config of the image, or of the first one of an index: small, and not empty. */
async function findBlob(
  { repository, descriptor }: ImageSubject,
  signal: AbortSignal | undefined,
): Promise<Digest | undefined> {
  const manifest = await readManifest(repository, await descriptor(), { signal });
  if (manifest.kind === 'manifest') return manifest.config.digest;
  const [first] = manifest.manifests;
  const child = first === undefined ? undefined : await readManifest(repository, first, { signal });
  return child?.kind === 'manifest' ? child.config.digest : undefined;
}
