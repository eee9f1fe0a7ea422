/** What a template can call; names and order of arguments are those of Go's templates and of docker. */

import { isObject } from '../../spec/json.js';
import { cleanText } from '../../spec/text.js';
import { formatBytes } from '../units/bytes.js';
import { safeJson } from './safe-json.js';
import type { CallFault } from './fault.js';
import { formatText } from './printf.js';
import { demand, isTrue, kindOf, listKeys, Missing, plain, SafeText, sizeOf, textOf } from './value.js';

export interface TemplateFunction {
  /** Fewest and most arguments. */
  readonly takes: readonly [number, number];
  /** Whether it asks for values that may not be there. */
  readonly takesMissing?: boolean;
  readonly call: (args: readonly unknown[], fault: CallFault) => unknown;
}

const ANY = Infinity;

const text = (change: (text: string) => string): TemplateFunction => ({
  takes: [1, 1],
  call: ([value]) => new SafeText(change(textOf(value))),
});

/** Compares with several as Go does: whether the first is like any of the others. */
const equality = (isWanted: boolean): TemplateFunction => ({
  takes: [2, isWanted ? ANY : 2],
  takesMissing: true,
  call: ([one, ...others]) => others.some((other) => isSame(one, other)) === isWanted,
});

const order = (holds: (difference: number) => boolean): TemplateFunction => ({
  takes: [2, 2],
  call: ([one, other], fault) => holds(compare(one, other, fault)),
});

export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['index', { takes: [2, ANY], call: (args, fault) => args.reduce((value, key) => item(value, key, fault)) }],
  ['len', { takes: [1, 1], call: ([value], fault) => lengthOf(value, fault) }],
  ['json', { takes: [1, 1], call: ([value]) => new SafeText(safeJson(plainValue(value))) }],
  ['join', { takes: [2, 2], call: (args, fault) => join(args, fault) }],
  ['upper', text((value) => value.toUpperCase())],
  ['lower', text((value) => value.toLowerCase())],
  ['bytes', { takes: [1, 1], call: ([value], fault) => new SafeText(formatBytes(count(value, fault))) }],
  ['printf', { takes: [1, ANY], call: (args, fault) => new SafeText(formatText(args, fault)) }],
  ['eq', equality(true)],
  ['ne', equality(false)],
  ['lt', order((difference) => difference < 0)],
  ['le', order((difference) => difference <= 0)],
  ['gt', order((difference) => difference > 0)],
  ['ge', order((difference) => difference >= 0)],
  ['not', { takes: [1, 1], takesMissing: true, call: ([value]) => !isTrue(value) }],
  [
    'and',
    { takes: [1, ANY], takesMissing: true, call: (args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1) },
  ],
  ['or', { takes: [1, ANY], takesMissing: true, call: (args) => args.find(isTrue) ?? args.at(-1) }],
]);

/** Exactly this key: those of annotations and labels are anybody's, and differ by case. */
function item(value: unknown, key: unknown, fault: CallFault): unknown {
  if (value instanceof Missing) return value;
  if (Array.isArray(value)) return value[position(key, value, fault)];
  const name = plain(key);
  if (!isObject(value)) return new Missing(fault(`${kindOf(value)} has no ${shown(name)}`));
  if (Object.hasOwn(value, name)) return value[name];
  return new Missing(fault(`there is no key ${shown(name)}`, listKeys(value)));
}

function position(key: unknown, list: readonly unknown[], fault: CallFault): number {
  if (typeof key === 'number' && Number.isInteger(key) && key >= 0 && key < list.length) return key;
  throw fault(`a list of ${list.length} has no ${shown(plain(key))}`);
}

function lengthOf(value: unknown, fault: CallFault): number {
  const size = sizeOf(value);
  if (size === undefined) throw fault(`${kindOf(value)} has no length`);
  return size;
}

function count(value: unknown, fault: CallFault): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw fault(`${kindOf(value)} is not a number of bytes`);
}

/** The list may come last, so that one can be sent through: `.tags | join ", "`. */
function join(args: readonly unknown[], fault: CallFault): SafeText {
  const list = args.find((arg) => Array.isArray(arg));
  const separator = args.find((arg) => !Array.isArray(arg));
  if (!Array.isArray(list) || separator === undefined) throw fault('join takes a list and a separator');
  return new SafeText(list.map(textOf).join(textOf(separator)));
}

function plainValue(value: unknown): unknown {
  return demand(value) instanceof SafeText ? plain(value) : value;
}

function isSame(one: unknown, other: unknown): boolean {
  if (one instanceof Missing || other instanceof Missing) return false;
  return plainValue(one) === plainValue(other);
}

function compare(one: unknown, other: unknown, fault: CallFault): number {
  const [left, right] = [plainValue(one), plainValue(other)];
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left !== 'string' || typeof right !== 'string')
    throw fault(`${kindOf(one)} and ${kindOf(other)} have no order`);
  return left === right ? 0 : left < right ? -1 : 1;
}

function shown(key: string): string {
  return /^\d+$/.test(key) ? `item ${key}` : `"${cleanText(key, 60)}"`;
}
