/** What refers to a manifest as its subject: signatures, SBOMs (distribution-spec 1.1, "Listing Referrers"). */

import type { Descriptor } from '../spec/descriptor.js';
import { parseDigest } from '../spec/digest.js';
import { OCI_INDEX } from '../spec/media-type.js';
import { describeReferrer } from '../spec/referrer.js';
import type { Call } from './call.js';
import { jsonReply, type Reply } from './reply.js';

/** `GET /v2/NAME/referrers/DIGEST?artifactType=…`. An unknown repository or subject has an empty list. */
export async function listReferrers({ repository, reference, query, graph }: Call): Promise<Reply> {
  const subject = parseDigest(reference);
  const wanted = query.get('artifactType') || undefined;
  const referrers: Descriptor[] = [];
  for await (const descriptor of repository.manifests()) {
    const manifest = await graph.read(descriptor);
    const referrer = describeReferrer(descriptor, manifest);
    const isWanted = wanted === undefined || referrer.artifactType === wanted;
    if (manifest.subject?.digest === subject && isWanted) referrers.push(referrer);
  }
  return replyWithReferrers(referrers, wanted);
}

/** A list of those that have the type `wanted`, where one is. */
export function replyWithReferrers(referrers: readonly Descriptor[], wanted: string | undefined): Reply {
  const filter = wanted === undefined ? {} : { 'oci-filters-applied': 'artifactType' };
  return jsonReply(
    { schemaVersion: 2, mediaType: OCI_INDEX, manifests: referrers },
    { headers: { 'content-type': OCI_INDEX, ...filter } },
  );
}
