/**
 * What a manifest is for, and a layer that is no part of a file system, in words. Told by media types, artifact types and
 * annotations alone: nothing is fetched for it.
 */

import { isAttestation } from './attestation.js';
import type { Descriptor } from './descriptor.js';
import type { Manifest } from './manifest.js';
import { isImageConfigType, isIndexType, OCI_EMPTY } from './media-type.js';
import { cleanText } from './text.js';

export type Kind =
  | 'index'
  | 'image'
  | 'attestation'
  | 'signature'
  | 'sbom'
  | 'chart'
  | 'artifact'
  | 'config'
  | 'layer';

export interface Purpose {
  readonly kind: Kind;
  /** `SLSA provenance v1`, `cosign signature`; safe to print. */
  readonly title: string;
}

/** Where BuildKit, cosign and sigstore's bundles each say what an attestation states. */
const PREDICATE_KEYS = [
  'in-toto.io/predicate-type',
  'predicateType',
  'dev.sigstore.bundle.predicateType',
] as const;

type Row = readonly [pattern: RegExp, kind: Kind, title: string];

/** Media types and artifact types, as the projects that made them document them. */
const TYPES: readonly Row[] = [
  [/^application\/vnd\.dev\.(cosign\.(artifact\.sig|simplesigning)\.)/, 'signature', 'cosign signature'],
  [/^application\/vnd\.dev\.cosign\.artifact\.sbom\./, 'sbom', 'SBOM by cosign'],
  [/^application\/vnd\.dev\.sigstore\.bundle/, 'signature', 'sigstore bundle'],
  [/^application\/vnd\.cncf\.notary\.signature/, 'signature', 'notation signature'],
  [/^application\/vnd\.dsse\.envelope/, 'attestation', 'signed attestation'],
  [/^application\/vnd\.in-toto/, 'attestation', 'in-toto attestation'],
  [/^(application|text)\/spdx/, 'sbom', 'SPDX SBOM'],
  [/^application\/vnd\.cyclonedx/, 'sbom', 'CycloneDX SBOM'],
  [/^application\/vnd\.syft/, 'sbom', 'Syft SBOM'],
  [/^application\/sarif/, 'artifact', 'SARIF report'],
  [/^application\/(vnd\.)?openvex/, 'artifact', 'OpenVEX statement'],
  [/^application\/vnd\.cncf\.helm\.chart\.provenance/, 'signature', 'Helm provenance'],
  [/^application\/vnd\.cncf\.helm\./, 'chart', 'Helm chart'],
  [/^application\/vnd\.cncf\.(model|ai)\./, 'artifact', 'AI model'],
  [/^application\/vnd\.docker\.ai\./, 'artifact', 'AI model'],
  [/^application\/vnd\.ollama\./, 'artifact', 'Ollama model'],
  [/^application\/vnd\.cncf\.flux\./, 'artifact', 'Flux artifact'],
  [/^application\/vnd\.cncf\.openpolicyagent\./, 'artifact', 'OPA policy'],
  [/^application\/vnd\.(bytecodealliance\.)?(wasm|module\.wasm)\b/, 'artifact', 'WebAssembly module'],
  [/^application\/vnd\.devcontainers/, 'artifact', 'dev container feature'],
  [/^application\/vnd\.docker\.plugin\./, 'artifact', 'Docker plugin'],
  [/^application\/vnd\.buildkit\.cacheconfig\./, 'artifact', 'BuildKit cache'],
  [/^application\/vnd\.amazon\.soci\./, 'artifact', 'SOCI index'],
  [/^application\/vnd\.aquasec\.trivy\./, 'artifact', 'Trivy database'],
];

/** Predicate types of in-toto statements; versions stand behind the last slash. */
const PREDICATES: readonly Row[] = [
  [/^https:\/\/slsa\.dev\/provenance/, 'attestation', 'SLSA provenance'],
  [/^https:\/\/slsa\.dev\/verification_summary/, 'attestation', 'SLSA verification summary'],
  [/^https:\/\/spdx\.dev\/Document/, 'sbom', 'SPDX SBOM'],
  [/^https:\/\/cyclonedx\.org\/bom/, 'sbom', 'CycloneDX SBOM'],
  [/^https:\/\/(www\.)?syft\b/, 'sbom', 'Syft SBOM'],
  [/^https:\/\/openvex\.dev\/ns/, 'attestation', 'OpenVEX statement'],
  [/\/vulns?\b/, 'attestation', 'vulnerability scan'],
  [/^https:\/\/sigstore\.dev\/cosign\/sign/, 'signature', 'sigstore signature'],
  [/^https:\/\/in-toto\.io\/attestation\/release/, 'attestation', 'release attestation'],
];

/** Purpose of a manifest; `descriptor` is what its parent says of it. */
export function purposeOf(manifest: Manifest | undefined, descriptor: Descriptor): Purpose {
  if (isAttestation(descriptor)) return { kind: 'attestation', title: 'BuildKit attestations' };
  const artifactType = manifest?.artifactType ?? descriptor.artifactType;
  if (artifactType === undefined && isIndexType(descriptor.mediaType))
    return { kind: 'index', title: 'index' };
  const annotations = { ...manifest?.annotations, ...descriptor.annotations };
  const config = manifest?.kind === 'manifest' ? manifest.config.mediaType : undefined;
  const [layer] = manifest?.kind === 'manifest' ? manifest.layers : [];
  const candidates = [artifactType, config, layer?.mediaType].filter((type) => type !== undefined);
  const stated = predicateIn(annotations) ?? predicateIn(layer?.annotations);
  const known = candidates.map((type) => look(TYPES, type)).find((purpose) => purpose !== undefined);
  if (stated !== undefined && known?.kind !== 'sbom') return stated;
  if (known !== undefined) return known;
  if (artifactType === undefined && (config === undefined || isImageConfigType(config)))
    return { kind: 'image', title: 'image' };
  const told = [artifactType, config].find((type) => type !== undefined && type !== OCI_EMPTY);
  return { kind: 'artifact', title: told === undefined ? 'artifact' : cleanText(told, 100) };
}

/** Purpose of what refers to an image, as a list of referrers has it. */
export function purposeOfReferrer(descriptor: Descriptor): Purpose {
  const { artifactType = '' } = descriptor;
  if (artifactType !== '') return purposeOf(undefined, descriptor);
  return predicateIn(descriptor.annotations) ?? { kind: 'artifact', title: 'artifact' };
}

/** Purpose of a layer; those of file systems are plain layers. */
export function purposeOfLayer({ mediaType, annotations }: Descriptor): Purpose {
  const stated = predicateIn(annotations);
  return stated ?? look(TYPES, mediaType) ?? { kind: 'layer', title: 'layer' };
}

/** What an in-toto statement states, by its predicate type. */
export function purposeOfPredicate(predicateType: string): Purpose {
  const found = look(PREDICATES, predicateType);
  if (found === undefined) return { kind: 'attestation', title: cleanText(predicateType, 100) };
  const [, version] = /\/(v\d[\w.-]{0,20})$/.exec(predicateType) ?? [];
  return version === undefined ? found : { ...found, title: `${found.title} ${version}` };
}

/** The type of what is stated, where annotations name one. */
export function predicateTypeIn(annotations: Descriptor['annotations']): string | undefined {
  return PREDICATE_KEYS.map((key) => annotations?.[key]).find((value) => value !== undefined);
}

function predicateIn(annotations: Descriptor['annotations']): Purpose | undefined {
  const type = predicateTypeIn(annotations);
  return type === undefined ? undefined : purposeOfPredicate(type);
}

function look(rows: readonly Row[], text: string): Purpose | undefined {
  const [, kind, title] = rows.find(([pattern]) => pattern.test(text)) ?? [];
  return kind === undefined || title === undefined ? undefined : { kind, title };
}
