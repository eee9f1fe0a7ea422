import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { listAttestations } from '../../../src/operations/look/attestations.js';
import type { LookOptions } from '../../../src/operations/look/look-at.js';
import { readStatement } from '../../../src/spec/statement.js';
import { bytesContent } from '../../support/contents.js';
import { writeLayout } from '../../support/image-files.js';
import { attestation, image, index, layer, type TestGraph } from '../../support/images.js';
import { temporaryFolder } from '../../support/temp.js';
import { setStage, type Stage } from '../stage.js';

const HOST = { os: 'linux', architecture: 'amd64' };
const SLSA = 'https://slsa.dev/provenance/v1';
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

const base = await layer({ base: '1' });
const amd64 = image({ layers: [base] });
const made = index([amd64, attestation(amd64)]);

function statement(predicateType: string, predicate: unknown): object {
  return { _type: 'https://in-toto.io/Statement/v1', subject: [], predicateType, predicate };
}

function envelope(inner: object): object {
  const payload = Buffer.from(JSON.stringify(inner)).toString('base64');
  return { payloadType: 'application/vnd.in-toto+json', payload, signatures: [{ sig: 'c2ln' }] };
}

interface ArtifactOptions {
  readonly artifactType?: string;
  readonly subject?: object;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly layerAnnotations?: Readonly<Record<string, string>>;
}

/** An artifact with one document in it. */
function artifact(
  document: object,
  mediaType: string,
  { layerAnnotations, ...manifest }: ArtifactOptions = {},
): TestGraph {
  const content = bytesContent(Buffer.from(JSON.stringify(document)));
  const part = {
    mediaType,
    digest: content.digest,
    size: content.size,
    ...(layerAnnotations && { annotations: layerAnnotations }),
  };
  const graph = image({ layers: [], manifest: { layers: [part], ...manifest } });
  return { ...graph, blobs: new Map([...graph.blobs, [content.digest, content]]) };
}

/** An index that BuildKit attested, its image with an SBOM, and the index with what cosign made of it, old and new. */
async function setUp(t: Parameters<typeof setStage>[0]): Promise<{
  readonly stage: Stage;
  readonly name: string;
  readonly options: LookOptions;
}> {
  const stage = await setStage(t);
  const subjectOf = ({ descriptor: { mediaType, digest, size } }: TestGraph): object => ({
    mediaType,
    digest,
    size,
  });
  const push = (tag: string, graph: TestGraph): Promise<void> => stage.registry.push('app', tag, graph);
  await push('1', made);
  const sbom = { spdxVersion: 'SPDX-2.3' };
  const spdx = 'application/spdx+json';
  await push('sbom', artifact(sbom, spdx, { artifactType: spdx, subject: subjectOf(amd64) }));
  const annotations = { 'dev.sigstore.bundle.predicateType': SLSA };
  const bundle = { mediaType: BUNDLE, dsseEnvelope: envelope(statement(SLSA, { by: 'bundle' })) };
  await push(
    'bundle',
    artifact(bundle, BUNDLE, { artifactType: BUNDLE, subject: subjectOf(made), annotations }),
  );
  const dsse = 'application/vnd.dsse.envelope.v1+json';
  const attested = artifact(envelope(statement(SLSA, { by: 'tag' })), dsse, {
    layerAnnotations: { predicateType: SLSA },
  });
  await push(`${made.descriptor.digest.replace(':', '-')}.att`, attested);
  const options = { client: stage.client, store: stage.store, hostPlatform: HOST };
  return { stage, name: `${stage.host}/app:1`, options };
}

test('attestations are found in the index, among referrers and under tags, and only read when asked for', async (t) => {
  const { stage, name, options } = await setUp(t);
  const { digest, platform, attestations } = await listAttestations(name, options);
  assert.deepEqual([digest, platform], [amd64.descriptor.digest, 'linux/amd64']);
  assert.deepEqual(
    attestations.map(({ title, from, subject, predicate }) => [title, from, subject, predicate]),
    [
      ['SLSA provenance v0.2', 'index', amd64.descriptor.digest, undefined],
      ['SPDX SBOM', 'referrers', amd64.descriptor.digest, undefined],
      ['SLSA provenance v1', 'referrers', made.descriptor.digest, undefined],
      ['SLSA provenance v1', 'tag', made.descriptor.digest, undefined],
    ],
  );
  assert.ok(!stage.asked().some((line) => line.includes('blobs/')));
});

test('what is stated is taken out of statements, envelopes and documents', async (t) => {
  const { name, options } = await setUp(t);
  const predicates = async (predicate: string): Promise<readonly unknown[]> => {
    const { attestations } = await listAttestations(name, { ...options, predicate });
    return attestations.map((each) => each.predicate);
  };
  assert.deepEqual(await predicates('slsa provenance'), [{}, { by: 'bundle' }, { by: 'tag' }]);
  assert.deepEqual(await predicates(SLSA), [{ by: 'bundle' }, { by: 'tag' }]);
  assert.deepEqual(await predicates('SPDX'), [{ spdxVersion: 'SPDX-2.3' }]);
  await assert.rejects(predicates('openvex'), {
    code: 'NOT_FOUND',
    message: /nothing is attested that is called "openvex", only SLSA provenance v0\.2, SPDX SBOM/,
  });
});

test('a place that keeps nothing beside an image has what is in the index', async (t) => {
  const folder = join(await temporaryFolder(t), 'layout');
  await writeLayout(folder, { '1': made });
  const { attestations } = await listAttestations(`oci:${folder}`, { hostPlatform: HOST, predicate: 'slsa' });
  assert.deepEqual(
    attestations.map(({ from, predicate }) => [from, predicate]),
    [['index', {}]],
  );
});

test('statements are read bare, in envelopes and in bundles; what is none is none', () => {
  const read = (document: object): unknown => readStatement(Buffer.from(JSON.stringify(document)));
  const inner = statement(SLSA, { a: 1 });
  const expected = { predicateType: SLSA, predicate: { a: 1 } };
  assert.deepEqual(read(inner), expected);
  assert.deepEqual(read(envelope(inner)), expected);
  assert.deepEqual(read({ dsseEnvelope: envelope(inner) }), expected);
  assert.equal(read({ spdxVersion: 'SPDX-2.3' }), undefined);
  assert.throws(() => read({ payloadType: 'text/plain', payload: '' }), { code: 'INVALID_MANIFEST' });
  assert.throws(() => read({ payloadType: 'application/vnd.in-toto+json', payload: 'bm8=' }), {
    code: 'INVALID_MANIFEST',
    message: /^what is in attestation is not JSON/,
  });
});
