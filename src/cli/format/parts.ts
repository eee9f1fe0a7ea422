/** What a template is made of: parts that write their share of the text. */

import { isObject } from '../../spec/json.js';
import type { Expression } from './expression.js';
import type { Scope } from './scope.js';
import { isTrue, kindOf, Missing, SafeText, textOf } from './value.js';

export type Part = (scope: Scope, write: (text: string) => void) => void;

export function inTurn(parts: readonly Part[]): Part {
  return (scope, write) => {
    for (const part of parts) part(scope, write);
  };
}

export function textPart(text: string): Part {
  return ({ budget }, write) => {
    budget.spend(text.length);
    write(text);
  };
}

export function valuePart(expression: Expression): Part {
  return (scope, write) => {
    const text = textOf(expression(scope));
    scope.budget.spend(text.length);
    write(text);
  };
}

interface Branches {
  readonly body: Part;
  readonly otherwise: Part;
}

export function choicePart(
  subject: Expression,
  { body, otherwise, movesDot }: Branches & { readonly movesDot: boolean },
): Part {
  return (scope, write) => {
    const value = subject(scope);
    if (!isTrue(value)) otherwise(scope, write);
    else body(movesDot ? { ...scope, dot: value } : scope, write);
  };
}

interface RangeOptions extends Branches {
  readonly names: readonly string[];
  readonly fault: (reason: string) => Error;
}

export function rangePart(subject: Expression, { body, otherwise, names, fault }: RangeOptions): Part {
  return (scope, write) => {
    const items = itemsOf(subject(scope), fault);
    if (items.length === 0) otherwise(scope, write);
    for (const [key, item] of items) {
      scope.budget.spend(0);
      const values = names.length === 1 ? [item] : [key, item];
      const named = names.map((name, at) => [name, values[at]] as const);
      body({ ...scope, dot: item, variables: new Map([...scope.variables, ...named]) }, write);
    }
  };
}

/** Of an object in the order of its keys, as in Go. */
function itemsOf(value: unknown, fault: (reason: string) => Error): readonly (readonly [unknown, unknown])[] {
  if (value instanceof Missing || value === null) return [];
  if (Array.isArray(value)) return [...value.entries()];
  if (!isObject(value) || value instanceof SafeText) throw fault(`${kindOf(value)} has no items`);
  return Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
}
