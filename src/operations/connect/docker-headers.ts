/** Headers that docker's config.json adds to requests (`HttpHeaders`). */

import { headerOf } from '../../config/header.js';
import { readHttpHeaders } from '../../credentials/docker-config.js';
import { RegError } from '../../errors.js';
import type { SettingsLookup } from '../../spec/route.js';
import { quoteText } from '../../spec/text.js';

/** All others of them are for the engine alone (moby, api/server/router/image/image_routes.go, postImagesCreate). */
const FOR_REGISTRIES = /^x-meta-/i;

/** `settingsFor`, with those headers that docker passes on to registries and mirrors. Throws INVALID_CONFIG, DISK_ERROR, too. */
export function withDockerHeaders(settingsFor: SettingsLookup | undefined, file: string): SettingsLookup {
  let reading: Promise<Readonly<Record<string, string>>> | undefined;
  return async (host) => {
    const [headers, settings] = await Promise.all([(reading ??= read(file)), settingsFor?.(host)]);
    return { ...settings, headers: { ...headers, ...settings?.headers } };
  };
}

async function read(file: string): Promise<Readonly<Record<string, string>>> {
  const named = Object.entries(await readHttpHeaders(file)).filter(([name]) => FOR_REGISTRIES.test(name));
  const headers = named.map(([name, value]) => {
    const header = headerOf(name, value);
    if (header !== undefined) return header;
    // Not shown: it may be a secret.
    throw new RegError(
      'INVALID_CONFIG',
      `${quoteText(file)}: HttpHeaders[${quoteText(name)}] is not a valid header`,
    );
  });
  return Object.fromEntries(headers);
}
