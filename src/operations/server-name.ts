/** The registry that a person names where no image is: to log in to, or to list. */

import { hasCode, RegError } from '../errors.js';
import { DOCKER_HUB, isDockerHub } from '../spec/docker-hub.js';
import { parseReference } from '../spec/reference.js';
import { quoteText } from '../spec/text.js';

/** The registry that is meant when none is named, as docker has it. */
export const DEFAULT_SERVER = DOCKER_HUB;

/**
 * The host that people mean by `ghcr.io`, `https://ghcr.io/` or the Hub's `https://index.docker.io/v1/`. Throws
 * INVALID_ARGUMENT.
 */
export function parseServer(text: string): string {
  const host = text.replace(/^https?:\/\//i, '').replace(/\/(v[12]\/?)?$/, '');
  if (isDockerHub(host)) return DOCKER_HUB;
  if (isHost(host)) return host;
  throw new RegError('INVALID_ARGUMENT', `${quoteText(text)} is not the name of a registry`, {
    hint: 'Give a host such as "ghcr.io" or "localhost:5000"; without one, Docker Hub is meant.',
  });
}

/** A name without dot, port or "localhost" would be read as a part of the path. */
function isHost(text: string): boolean {
  try {
    return parseReference(`${text}/probe/probe`).domain === text;
  } catch (error) {
    if (hasCode(error, 'INVALID_REFERENCE')) return false;
    throw error;
  }
}
