import assert from 'node:assert/strict';
import { test } from 'node:test';

import { packArtifact, TITLE, UNKNOWN_ARTIFACT } from '../../src/spec/artifact.js';
import { describe } from '../../src/spec/descriptor.js';

const CREATED_AT = { 'org.opencontainers.image.created': '2023-11-14T22:13:20Z' };

test('an artifact has the digest that oras gives the same files', () => {
  const bytes = Buffer.from('# notes\n');
  const layer = { ...describe('text/markdown', bytes), annotations: { [TITLE]: 'notes.md' } };
  const { descriptor, bytes: manifest } = packArtifact({
    artifactType: 'application/vnd.example.notes',
    layers: [layer],
    annotations: CREATED_AT,
  });
  // What oras-go 3.0 (PackManifest, version 1.1) made of that file.
  assert.equal(
    descriptor.digest,
    'sha256:f05b0e23894c70560bb59e673a61e75b5c2e884fd5679430acb3df40f8e152b5',
    manifest.toString(),
  );
});

test('an artifact without files has an empty layer, with its bytes in the manifest', () => {
  const { bytes } = packArtifact({
    artifactType: UNKNOWN_ARTIFACT,
    layers: [],
    annotations: { ...CREATED_AT, by: 'alice' },
  });
  const empty = {
    mediaType: 'application/vnd.oci.empty.v1+json',
    digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    size: 2,
    data: 'e30=',
  };
  assert.deepEqual(JSON.parse(Buffer.from(bytes).toString()), {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/vnd.unknown.artifact.v1',
    config: empty,
    layers: [empty],
    annotations: { by: 'alice', ...CREATED_AT },
  });
});
