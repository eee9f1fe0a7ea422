/**
 * References: the names that people give to images, `[domain/]path[:tag][@digest]`, in Docker's grammar
 * (distribution/reference). What each part may hold, and why a text is refused, is in reference-parts.ts;
 * texts that are something else altogether are in reference-lookalikes.ts.
 */

import { RegError } from '../errors.js';
import { isDigest, type Digest } from './digest.js';
import { DOCKER_HUB } from './docker-hub.js';
import { findLookalike, type Mistake } from './reference-lookalikes.js';
import { findPartFault, joinParts, splitParts } from './reference-parts.js';
import { quoteText } from './text.js';

/** The name of an image in full: `docker.io` and `library/` are filled in, a default tag is not. */
export interface Reference {
  /** Host with its port, if any: `ghcr.io`, `localhost:5000`, `[::1]:5000`. */
  readonly domain: string;
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const OFFICIAL = 'library/';
export const DEFAULT_TAG = 'latest';
/** Docker's limit for the path, the domain not counted. */
const MAX_PATH_LENGTH = 255;
/** No valid reference comes near it; it bounds the work that a hostile text can make. */
const MAX_LENGTH = 4096;
const MAX_CORRECTIONS = 8;

/**
 * Reads a reference as Docker does. Throws INVALID_REFERENCE with the reason, and in the hint what was probably
 * meant. Stricter than Docker in three ways: a port is 1 to 65535, a domain is never empty (Docker takes
 * `foo_bar.com/app` for a path without one), and a digest is sha256 or sha512.
 */
export function parseReference(text: string): Reference {
  const result = examine(text);
  if (!('why' in result)) return result;
  const { why, shown = text } = result;
  const hint = [suggestionFor(result), result.hint].filter((part) => part !== undefined).join(' ');
  const context = hint === '' ? {} : { hint };
  throw new RegError('INVALID_REFERENCE', `invalid reference ${quoteText(shown)}: ${why}`, context);
}

/** The full form; `parseReference` makes an equal reference of it. */
export function formatReference({ domain, path, tag, digest }: Reference): string {
  return joinParts({ domain, path, tag, digest });
}

/** The short form that Docker shows: without `docker.io/`, and without `library/` before a single name. */
export function familiarName({ domain, path, tag, digest }: Reference): string {
  if (domain !== DOCKER_HUB) return joinParts({ domain, path, tag, digest });
  const name = path.slice(OFFICIAL.length);
  const isOfficial = path.startsWith(OFFICIAL) && !name.includes('/');
  return joinParts({ domain: undefined, path: isOfficial ? name : path, tag, digest });
}

/** `reference` with the tag `latest`, where it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  const { tag, digest } = reference;
  return tag === undefined && digest === undefined ? { ...reference, tag: DEFAULT_TAG } : reference;
}

/** What a pull asks for: the digest alone if there is one, else the tag, by default `latest`. */
export function pullReference({ domain, path, tag = DEFAULT_TAG, digest }: Reference): Reference {
  return digest === undefined ? { domain, path, tag } : { domain, path, digest };
}

function examine(text: string): Reference | Mistake {
  if (text === '') return { why: 'it is empty', hint: 'Give a name such as "nginx" or "ghcr.io/me/app".' };
  if (text.length > MAX_LENGTH) return { why: `it is longer than ${MAX_LENGTH} characters` };
  return findLookalike(text) ?? examineParts(text);
}

function examineParts(text: string): Reference | Mistake {
  const parts = splitParts(text);
  const { tag, digest } = parts;
  const domain = parts.domain === undefined || parts.domain === 'index.docker.io' ? DOCKER_HUB : parts.domain;
  const path = domain === DOCKER_HUB && !parts.path.includes('/') ? OFFICIAL + parts.path : parts.path;
  const fault = findPartFault(parts, MAX_PATH_LENGTH - (path.length - parts.path.length));
  if (fault !== undefined) {
    const { fix, ...mistake } = fault;
    return fix === undefined ? mistake : { ...mistake, meant: joinParts({ ...parts, ...fix }) };
  }
  return {
    domain,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined || !isDigest(digest) ? {} : { digest }),
  };
}

/** Asks about the first correction that leads to a valid reference: a text may have several mistakes. */
function suggestionFor({ meant }: Mistake): string | undefined {
  let candidate = meant;
  for (let tries = 0; candidate !== undefined && tries < MAX_CORRECTIONS; tries += 1) {
    const result = examine(candidate);
    if (!('why' in result)) return `Did you mean ${quoteText(candidate)}?`;
    candidate = result.meant;
  }
  return undefined;
}
