/** The images that others are made upon. */

import { explaining, RegError } from '../../errors.js';
import { platformIn } from '../../spec/image-config.js';
import type { JsonObject } from '../../spec/json.js';
import type { ImageManifest } from '../../spec/manifest.js';
import { formatPlatform, normalizePlatform, type Platform } from '../../spec/platform.js';
import { quoteText } from '../../spec/text.js';
import type { Ends } from '../places/open-source.js';
import { parsePlace } from '../places/place.js';
import { selectPlatforms } from '../transfer/platforms.js';
import { openPlace, type OpenPlace } from '../places/source-place.js';
import { readConfig } from './config.js';
import { readManifestDocument } from './document.js';

/** An image that others are made upon. */
export interface Base extends Pick<OpenPlace, 'source' | 'root'> {
  readonly manifest: ImageManifest;
  readonly json: JsonObject;
  readonly config: JsonObject;
  /** As it was given. */
  readonly text: string;
  /** What its registry calls it; undefined elsewhere. */
  readonly name: string | undefined;
}

/** The bases that were asked for, each opened once. */
export class Bases {
  readonly #options: Ends;
  readonly #opened = new Map<string, Promise<OpenPlace>>();

  constructor(options: Ends) {
    this.#options = options;
  }

  /** The image for the platform. Throws INVALID_ARGUMENT where nothing is known of the base, or it is for another one. */
  async find(text: string | undefined, platform: Platform | undefined): Promise<Base> {
    if (text === undefined)
      throw new RegError('INVALID_ARGUMENT', 'its annotations do not say what it is based on', {
        hint: 'Name them with --old-base and --new-base.',
      });
    return this.#read(text, platform).catch(explaining(`cannot use ${quoteText(text)} as a base`));
  }

  async #read(text: string, wanted: Platform | undefined): Promise<Base> {
    const opened = this.#opened.get(text) ?? openPlace(text, this.#options);
    this.#opened.set(text, opened);
    const { source: all, root: top, name } = await opened;
    const { signal } = this.#options;
    const platforms = wanted === undefined ? [] : [wanted];
    const { source, root } = await selectPlatforms({ source: all, root: top }, { platforms, signal });
    const { manifest, json } = await readManifestDocument(source, root, { signal });
    const config =
      manifest.kind === 'manifest'
        ? await readConfig({ source, manifest, isOnlyRead: true, signal })
        : undefined;
    if (manifest.kind === 'index' || config === undefined)
      throw new RegError('INVALID_ARGUMENT', 'it is not an image');
    requirePlatform(platformIn(config), wanted);
    const isAtRegistry = (await parsePlace(text)).kind === 'registry';
    return { source, root, manifest, json, config, text, name: isAtRegistry ? name : undefined };
  }

  async close(): Promise<void> {
    for (const opened of await Promise.allSettled(this.#opened.values()))
      if (opened.status === 'fulfilled') await opened.value.close();
  }
}

function requirePlatform(found: Platform | undefined, wanted: Platform | undefined): void {
  if (found === undefined || wanted === undefined) return;
  const [ours, theirs] = [normalizePlatform(wanted), normalizePlatform(found)];
  if (ours.os === theirs.os && ours.architecture === theirs.architecture) return;
  const message = `it is for ${formatPlatform(theirs)}, the image for ${formatPlatform(ours)}`;
  throw new RegError('INVALID_ARGUMENT', message);
}
