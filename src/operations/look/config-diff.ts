/** What differs between the configs of two images, and the annotations of their manifests. */

import { isObject, parseJsonObject, type JsonObject } from '../../spec/json.js';

export interface ConfigChange {
  /** Where it stands in the config, `config.Env`; `annotations` for those of the manifest. */
  readonly field: string;
  /** Of what has names: an environment variable, a label, an annotation, a port, a volume. */
  readonly key?: string;
  /** JSON values; absent on the side that has none. */
  readonly from?: unknown;
  readonly to?: unknown;
}

/** What a config says, by field and key. */
export type ConfigFacts = ReadonlyMap<string, Fact>;

interface Fact {
  readonly field: string;
  readonly key?: string;
  readonly value: unknown;
}

/** What differs in these is told by the layers. */
const LEFT_OUT: ReadonlySet<string> = new Set(['history', 'rootfs']);

/** Objects whose keys are names that a person chose. */
const MAPS: ReadonlySet<string> = new Set(['config.Labels', 'config.ExposedPorts', 'config.Volumes']);

/** All that `bytes`, the config of an image, and the annotations say. Throws INVALID_MANIFEST. */
export function readFacts(
  bytes: Uint8Array,
  annotations: Readonly<Record<string, string>> = {},
): ConfigFacts {
  const document = parseJsonObject(bytes, { what: 'image config' });
  const facts = Object.entries(document)
    .filter(([key]) => !LEFT_OUT.has(key))
    .flatMap(([key, value]) => factsAt(key, value));
  return byName([...facts, ...mapFacts('annotations', annotations)]);
}

/** What a config that is not for images says: which one it is. */
export function opaqueFacts(digest: string, annotations: Readonly<Record<string, string>> = {}): ConfigFacts {
  return byName([{ field: 'config', value: digest }, ...mapFacts('annotations', annotations)]);
}

/** What differs, in the order of the first config and then of what only the second has. */
export function compareFacts(from: ConfigFacts, to: ConfigFacts): readonly ConfigChange[] {
  const names = new Set([...from.keys(), ...to.keys()]);
  return [...names].flatMap((name) => {
    const [before, after] = [from.get(name), to.get(name)];
    const known = before ?? after;
    if (known === undefined || JSON.stringify(before?.value) === JSON.stringify(after?.value)) return [];
    return [
      {
        field: known.field,
        ...(known.key === undefined ? {} : { key: known.key }),
        ...(before === undefined ? {} : { from: before.value }),
        ...(after === undefined ? {} : { to: after.value }),
      },
    ];
  });
}

function factsAt(field: string, value: unknown): readonly Fact[] {
  if (value === null || value === '') return [];
  if (field === 'config.Env' && Array.isArray(value)) return value.map(environmentFact);
  if (!isObject(value)) return [{ field, value }];
  if (MAPS.has(field)) return mapFacts(field, value);
  return Object.entries(value).flatMap(([key, inner]) => factsAt(`${field}.${key}`, inner));
}

function environmentFact(item: unknown): Fact {
  const text = typeof item === 'string' ? item : JSON.stringify(item);
  const [key = ''] = text.split('=', 1);
  return { field: 'config.Env', key, value: text.slice(key.length + 1) };
}

function mapFacts(field: string, map: JsonObject): readonly Fact[] {
  return Object.entries(map).map(([key, value]) => ({ field, key, value }));
}

function byName(facts: readonly Fact[]): ConfigFacts {
  return new Map(facts.map((fact) => [JSON.stringify([fact.field, fact.key]), fact]));
}
