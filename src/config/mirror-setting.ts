/** `--mirror HOST=URL` and `REG_MIRRORS`, which holds such pairs, with blanks or commas between them. */

import { RegError } from '../errors.js';
import { isSameRegistry } from '../spec/docker-hub.js';
import { quoteText } from '../spec/text.js';
import { parseMirrorUrl, placeAt } from './mirror-url.js';
import { type ImageName, type Route } from '../spec/route.js';

export interface MirrorSettings {
  /** As given with the flag; one that is "none" leaves out all mirrors, also those of files. */
  readonly flags?: readonly string[] | undefined;
  /** The value of `REG_MIRRORS`. */
  readonly variable?: string | undefined;
}

interface Mirror {
  readonly host: string;
  readonly url: URL;
}

/** What flag or else variable say about an image; undefined where they say nothing. Throws INVALID_ARGUMENT, INVALID_CONFIG. */
export function routeBySettings(
  { flags = [], variable = '' }: MirrorSettings,
  image: ImageName,
): Route | undefined {
  const words = variable.split(/[\s,]+/).filter((word) => word !== '');
  return (
    routeBy(flags, { image, from: '--mirror', code: 'INVALID_ARGUMENT' }) ??
    routeBy(words, { image, from: 'REG_MIRRORS', code: 'INVALID_CONFIG' })
  );
}

interface Source {
  readonly image: ImageName;
  readonly from: string;
  readonly code: 'INVALID_ARGUMENT' | 'INVALID_CONFIG';
}

function routeBy(words: readonly string[], { image, ...source }: Source): Route | undefined {
  const { from } = source;
  if (words.includes('none')) return { mirrors: [], from };
  const ours = words
    .map((word) => parse(word, source))
    .filter(({ host }) => isSameRegistry(host, image.domain));
  if (ours.length === 0) return undefined;
  return {
    from,
    mirrors: ours.map(({ url }) => ({ ...placeAt({ url }, image), resolves: true, settings: {} })),
  };
}

function parse(word: string, { from, code }: Omit<Source, 'image'>): Mirror {
  const [, host = '', text = ''] = /^([^=/]+)=(.+)$/.exec(word) ?? [];
  const url = parseMirrorUrl(text);
  if (url !== undefined) return { host: host.toLowerCase(), url };
  // Not shown beyond the host: it may hold a password.
  throw new RegError(code, `invalid ${from}${host === '' ? '' : ` for ${quoteText(host)}`}`, {
    hint: 'Write HOST=URL, such as docker.io=https://mirror.example, without user and query; or "none".',
  });
}
