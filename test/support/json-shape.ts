/** Shapes of JSON, as the README writes them: `{ tag, created?, layers: [{ digest, size }], labels: {} }`. */

import assert from 'node:assert/strict';

/** A leaf is a scalar, or a list of some; `{}` any object. */
export type Shape = 'leaf' | 'object' | { readonly list: Shape } | ReadonlyMap<string, Field>;

interface Field {
  readonly isOptional: boolean;
  readonly shape: Shape;
}

/** Reads a shape; throws where the text is none. */
export function parseShape(text: string): Shape {
  const tokens = text.match(/[A-Za-z]\w*\??|[{}[\]:,]/g) ?? [];
  const shape = readShape(tokens);
  assert.deepEqual(tokens, [], `no shape: ${text}`);
  return shape;
}

function readShape(tokens: string[]): Shape {
  if (take(tokens, '[')) {
    const list = readShape(tokens);
    assert.ok(take(tokens, ']'), 'a list is not closed');
    return { list };
  }
  assert.ok(take(tokens, '{'), 'a shape begins with a bracket');
  if (take(tokens, '}')) return 'object';
  const fields = new Map<string, Field>();
  do {
    const [, key = '', mark] = /^(\w+)(\??)$/.exec(tokens.shift() ?? '') ?? assert.fail('a key is missing');
    fields.set(key, { isOptional: mark === '?', shape: take(tokens, ':') ? readShape(tokens) : 'leaf' });
  } while (take(tokens, ','));
  assert.ok(take(tokens, '}'), 'an object is not closed');
  return fields;
}

function take(tokens: string[], mark: string): boolean {
  const isThere = tokens[0] === mark;
  if (isThere) tokens.shift();
  return isThere;
}

/** Asserts that `value` has every key of the shape that is not optional, and none beside. */
export function assertShape(value: unknown, shape: Shape, where: string): void {
  if (shape === 'leaf') {
    for (const item of [value].flat()) assert.ok(!isObject(item), `${where} has keys`);
  } else if (shape === 'object') assert.ok(isObject(value), `${where} is no object`);
  else if ('list' in shape) {
    assert.ok(Array.isArray(value), `${where} is no list`);
    for (const item of value) assertShape(item, shape.list, `${where}[]`);
  } else {
    assert.ok(isObject(value), `${where} is no object`);
    const unknown = Object.keys(value).filter((key) => !shape.has(key));
    const missing = [...shape].filter(([key, { isOptional }]) => !isOptional && !(key in value));
    assert.deepEqual({ unknown, missing: missing.map(([key]) => key) }, { unknown: [], missing: [] }, where);
    for (const [key, field] of shape)
      if (key in value) assertShape(value[key], field.shape, `${where}.${key}`);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
