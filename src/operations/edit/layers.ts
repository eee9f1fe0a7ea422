/** The layers of an image, and what its config says of them: the list of digests, and how each was made. */

import { RegError } from '../../errors.js';
import { isObject, type JsonObject } from '../../spec/json.js';
import { listIn, objectIn } from './document.js';

/** Layers of an image with all that is said of them. */
export interface Layers {
  /** Descriptors as they stand in the manifest. */
  readonly layers: readonly unknown[];
  readonly diffIds: readonly unknown[];
  /** Undefined where the config has none, or one that does not fit. */
  readonly history: readonly unknown[] | undefined;
}

/** Throws INVALID_MANIFEST where manifest and config disagree on how many layers there are. */
export function layersOf(manifest: JsonObject, config: JsonObject): Layers {
  const layers = listIn(manifest['layers']);
  const diffIds = listIn(objectIn(config['rootfs'])['diff_ids']);
  if (layers.length !== diffIds.length)
    throw new RegError(
      'INVALID_MANIFEST',
      `its manifest has ${layers.length} layers, and its config ${diffIds.length}`,
    );
  const history = listIn(config['history']);
  return { layers, diffIds, history: countLayers(history) === layers.length ? history : undefined };
}

/** One upon the other. Without the history of one of them there is none. */
export function stacked(lower: Layers, upper: Layers): Layers {
  const history = lower.history && upper.history && [...lower.history, ...upper.history];
  return {
    layers: [...lower.layers, ...upper.layers],
    diffIds: [...lower.diffIds, ...upper.diffIds],
    history,
  };
}

/** What lies upon the first `count` layers; `steps` is how many steps made those, where that is known. */
export function above({ layers, diffIds, history }: Layers, count: number, steps?: number): Layers {
  return {
    layers: layers.slice(count),
    diffIds: diffIds.slice(count),
    history: history && historyAbove(history, count, steps),
  };
}

/** Steps that made no layer belong to the base if they are among its own, else to the layer below them. */
function historyAbove(history: readonly unknown[], count: number, steps = 0): readonly unknown[] {
  if (countLayers(history.slice(0, steps)) === count) return history.slice(steps);
  let left = count;
  const first = history.findIndex((step) => !isEmptyStep(step) && left-- === 0);
  return first < 0 ? [] : history.slice(first);
}

function countLayers(history: readonly unknown[]): number {
  return history.filter((step) => !isEmptyStep(step)).length;
}

function isEmptyStep(step: unknown): boolean {
  return isObject(step) && step['empty_layer'] === true;
}

/** `config` with other layers; without a history that fits, what it says of that stays. */
export function withLayers(config: JsonObject, { diffIds, history }: Layers): JsonObject {
  const rootfs = { type: 'layers', ...objectIn(config['rootfs']), diff_ids: diffIds };
  return { ...config, rootfs, ...(history === undefined ? {} : { history }) };
}
