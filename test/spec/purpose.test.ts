import assert from 'node:assert/strict';
import { test } from 'node:test';

import { digestOf } from '../../src/spec/digest.js';
import type { Descriptor } from '../../src/spec/descriptor.js';
import type { ImageManifest } from '../../src/spec/manifest.js';
import { OCI_CONFIG, OCI_EMPTY, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../src/spec/media-type.js';
import { purposeOf, purposeOfLayer } from '../../src/spec/purpose.js';

function node(mediaType: string, rest: Partial<Descriptor> = {}): Descriptor {
  return { mediaType, digest: digestOf(Buffer.from(mediaType)), size: 1, ...rest };
}

/** A manifest as an artifact has it: what its config, itself and its one layer are called. */
function manifest(types: {
  readonly config?: string;
  readonly artifactType?: string;
  readonly layer?: string;
  readonly layerAnnotations?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}): ImageManifest {
  const { config = OCI_EMPTY, artifactType, layer = OCI_LAYER, layerAnnotations, annotations } = types;
  return {
    kind: 'manifest',
    mediaType: OCI_MANIFEST,
    config: node(config),
    layers: [node(layer, layerAnnotations && { annotations: layerAnnotations })],
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

const MANIFESTS: readonly (readonly [Parameters<typeof manifest>[0], string, string])[] = [
  [{ config: OCI_CONFIG }, 'image', 'image'],
  [
    { config: OCI_CONFIG, layer: 'application/vnd.dev.cosign.simplesigning.v1+json' },
    'signature',
    'cosign signature',
  ],
  [
    {
      config: OCI_CONFIG,
      layer: 'application/vnd.dsse.envelope.v1+json',
      layerAnnotations: { predicateType: 'https://slsa.dev/provenance/v0.2' },
    },
    'attestation',
    'SLSA provenance v0.2',
  ],
  [{ config: OCI_CONFIG, layer: 'text/spdx+json' }, 'sbom', 'SPDX SBOM'],
  [{ artifactType: 'application/vnd.cyclonedx+json' }, 'sbom', 'CycloneDX SBOM'],
  [
    {
      artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      annotations: { 'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1' },
    },
    'attestation',
    'SLSA provenance v1',
  ],
  [
    {
      artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      annotations: { 'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1' },
    },
    'signature',
    'sigstore signature v1',
  ],
  [{ artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json' }, 'signature', 'sigstore bundle'],
  [{ artifactType: 'application/vnd.cncf.notary.signature' }, 'signature', 'notation signature'],
  [{ config: 'application/vnd.cncf.helm.config.v1+json' }, 'chart', 'Helm chart'],
  [{ config: 'application/vnd.wasm.config.v0+json' }, 'artifact', 'WebAssembly module'],
  [{ artifactType: 'application/vnd.example\u001b[2J' }, 'artifact', 'application/vnd.example[2J'],
  [{}, 'artifact', 'artifact'],
];

test('a manifest is named for what it is', () => {
  for (const [types, kind, title] of MANIFESTS)
    assert.deepEqual(purposeOf(manifest(types), node(OCI_MANIFEST)), { kind, title }, JSON.stringify(types));
});

test('an index and the attestations of BuildKit are known by their descriptor', () => {
  assert.deepEqual(purposeOf(undefined, node(OCI_INDEX)), { kind: 'index', title: 'index' });
  const annotations = { 'vnd.docker.reference.type': 'attestation-manifest' };
  const entry = node(OCI_MANIFEST, { annotations });
  assert.deepEqual(purposeOf(undefined, entry), { kind: 'attestation', title: 'BuildKit attestations' });
});

test('the layers of attestations are named for what they state', () => {
  const stated = (type: string): string =>
    purposeOfLayer(
      node('application/vnd.in-toto+json', { annotations: { 'in-toto.io/predicate-type': type } }),
    ).title;
  assert.equal(stated('https://spdx.dev/Document'), 'SPDX SBOM');
  assert.equal(stated('https://slsa.dev/provenance/v1'), 'SLSA provenance v1');
  assert.equal(stated('https://example.com/\u202emine'), 'https://example.com/mine');
  assert.equal(purposeOfLayer(node(`${OCI_LAYER}+gzip`)).title, 'layer');
});
