/** An artifact by what it is: the one that is named, or one that is attached to the image that is named. */

import { readManifest } from '../../content/read.js';
import { RegError } from '../../errors.js';
import { CREATED } from '../../spec/annotation.js';
import type { Descriptor } from '../../spec/descriptor.js';
import type { Manifest } from '../../spec/manifest.js';
import { describeReferrer } from '../../spec/referrer.js';
import { quoteText } from '../../spec/text.js';
import type { Selection } from '../transfer/platforms.js';
import type { Ends, OpenSource } from '../places/open-source.js';

interface OfTypeOptions extends Pick<Ends, 'signal' | 'onNotice'> {
  readonly artifactType: string;
  /** The index that the image was chosen from, or the image again. */
  readonly index: Descriptor;
}

/**
 * `chosen` itself when it is of that type, else the newest of what is attached to it, or to its index. Throws NOT_FOUND
 * where there is none, and what the place throws.
 */
export async function chooseOfType(
  { referrers }: Pick<OpenSource, 'referrers'>,
  chosen: Selection,
  { artifactType, index, signal, onNotice }: OfTypeOptions,
): Promise<Selection> {
  const manifest = await readManifest(chosen.source, chosen.root, { signal });
  const own = typeOf(chosen.root, manifest);
  if (own === artifactType) return chosen;
  for (const { digest } of new Set([chosen.root, index])) {
    const found =
      (await referrers?.(digest, { signal }))?.filter((one) => one.artifactType === artifactType) ?? [];
    const [newest, ...older] = found.toSorted((one, other) => (createdOf(one) < createdOf(other) ? 1 : -1));
    if (newest === undefined) continue;
    const message = `${found.length} of that type are attached; this is the newest: ${newest.digest}`;
    if (older.length > 0) onNotice?.({ type: 'warning', message });
    return { ...chosen, root: newest };
  }
  const is = own === undefined ? 'has no type' : `is ${quoteText(own)}`;
  throw new RegError(
    'NOT_FOUND',
    `it ${is}, and nothing of the type ${quoteText(artifactType)} is attached to it`,
    {
      hint: 'Run "reg artifact list" to see what is attached.',
    },
  );
}

/** What a manifest says that it is, or its config does. */
function typeOf(descriptor: Descriptor, manifest: Manifest): string | undefined {
  return describeReferrer(descriptor, manifest).artifactType;
}

function createdOf({ annotations }: Descriptor): string {
  return annotations?.[CREATED] ?? '';
}
