/** `reg attestations`: what is attested of an image: how it was built (SLSA provenance), what is in it (SBOMs). */

import { readContent } from '../../content/read.js';
import type { Source } from '../../content/types.js';
import { RegError } from '../../errors.js';
import { shortDigest, type Digest } from '../../spec/digest.js';
import { parseJson } from '../../spec/json.js';
import { readStatement } from '../../spec/statement.js';
import { quoteText } from '../../spec/text.js';
import type { Attestation } from './attestation.js';
import { findAttestations } from './find-attestations.js';
import { allOrStop, createReadingLimit, type ReadingOptions } from './graph.js';
import { lookAt, platformText, readImage, type LookOptions, type Names } from './look-at.js';

export interface AttestationsOptions extends LookOptions {
  /** Only these, with what they state: part of the type of the predicate, or of the title, in any case. Default: all. */
  readonly predicate?: string | undefined;
}

export interface AttestationList extends Names {
  /** Of the one image, when it was chosen from an index. */
  readonly digest: Digest;
  readonly platform?: string;
  readonly attestations: readonly Attestation[];
}

/** Largest statement that is read: the SBOM of a large image has tens of megabytes. */
const MAX_STATEMENT_SIZE = 64 * 1024 * 1024;

/**
 * What is attested of one image, or of the index that it is from. Signatures are not checked. Costs one small request for
 * the image, its index, each manifest that holds attestations, and at registries four for each of the first two; what they
 * state is read only when it is asked for. Throws NOT_FOUND, where nothing states what was asked for too,
 * PLATFORM_NOT_FOUND, TOO_LARGE, INVALID_MANIFEST, and what the place throws.
 */
export function listAttestations(image: string, options: AttestationsOptions): Promise<AttestationList> {
  return lookAt(image, { ...options, verb: 'read the attestations of' }, async (looked) => {
    const { descriptor } = await readImage(looked, options);
    const reading = { limit: createReadingLimit(), signal: options.signal };
    const all = await findAttestations(looked, descriptor, reading);
    const { predicate } = options;
    const attestations =
      predicate === undefined ? all : await readThose(looked.source, choose(all, predicate), reading);
    const { digest, platform } = descriptor;
    return { ...looked.names, digest, ...platformText(platform), attestations };
  });
}

function choose(all: readonly Attestation[], wanted: string): readonly Attestation[] {
  const isWanted = (text = ''): boolean => text.toLowerCase().includes(wanted.toLowerCase());
  const chosen = all.filter(({ title, predicateType }) => isWanted(title) || isWanted(predicateType));
  if (chosen.length > 0) return chosen;
  const titles = [...new Set(all.map(({ title }) => title))];
  const there = titles.length === 0 ? 'nothing at all' : `only ${titles.slice(0, 10).join(', ')}`;
  throw new RegError('NOT_FOUND', `nothing is attested that is called ${quoteText(wanted)}, ${there}`);
}

function readThose(
  source: Source,
  chosen: readonly Attestation[],
  reading: ReadingOptions,
): Promise<readonly Attestation[]> {
  return allOrStop(chosen, reading, async (found, signal) => {
    const { digest, mediaType, size } = found;
    const content = source.get({ digest, mediaType, size });
    const bytes = await readContent(content, { cap: MAX_STATEMENT_SIZE, signal });
    return { ...found, predicate: predicateOf(bytes, found) };
  });
}

function predicateOf(bytes: Uint8Array, { digest, mediaType }: Attestation): unknown {
  // SPDX has a form of its own, which is no JSON.
  if (/^text\/(?!.*json)/.test(mediaType)) return Buffer.from(bytes).toString();
  const what = `attestation ${shortDigest(digest)}`;
  const statement = readStatement(bytes, what);
  return statement === undefined ? parseJson(bytes, { what }) : statement.predicate;
}
