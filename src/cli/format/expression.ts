/** Reads what stands between braces: paths, calls, and what is sent from one to the next. */

import { isObject } from '../../spec/json.js';
import type { Fault } from './fault.js';
import { FUNCTIONS, type TemplateFunction } from './functions.js';
import type { Scope } from './scope.js';
import type { Token } from './tokens.js';
import { demand, keyFor, kindOf, listKeys, Missing, SafeText } from './value.js';

export type Expression = (scope: Scope) => unknown;

/** The tokens of an action, one after the other. */
export interface Reader {
  readonly fault: Fault;
  /** The next token, or one further on (default 0), which stays. */
  readonly peek: (ahead?: number) => Token | undefined;
  readonly take: () => Token | undefined;
  /** Where the next token stands, or the end of the action. */
  readonly at: () => number;
}

/** Deepest that parentheses are put into each other. */
const MAX_DEPTH = 50;

const CONSTANTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['nil', null],
]);

/** `a | b c`: the value of each goes to the next as its last argument. Throws INVALID_ARGUMENT. */
export function parsePipeline(reader: Reader, depth = 0): Expression {
  if (depth > MAX_DEPTH) throw reader.fault(reader.at(), 'it is nested too deeply');
  let piped: Expression | undefined;
  do piped = parseCommand(reader, { piped, depth });
  while (takeMark(reader, '|'));
  return piped;
}

/** Whether the next token is this mark; then it is taken. */
export function takeMark(reader: Reader, mark: string): boolean {
  const token = reader.peek();
  const isThere = token?.kind === 'mark' && token.text === mark;
  if (isThere) reader.take();
  return isThere;
}

interface CommandOptions {
  readonly piped: Expression | undefined;
  readonly depth: number;
}

function parseCommand(reader: Reader, { piped, depth }: CommandOptions): Expression {
  const first = reader.peek();
  if (first?.kind === 'word' && !CONSTANTS.has(first.text)) {
    reader.take();
    const args = parseOperands(reader, depth);
    return callOf(first, { args: piped === undefined ? args : [...args, piped], fault: reader.fault });
  }
  const operand = parseOperand(reader, depth);
  if (piped !== undefined) throw reader.fault(first?.at ?? 0, 'a value can be sent to a function only');
  return operand;
}

function parseOperands(reader: Reader, depth: number): readonly Expression[] {
  const operands: Expression[] = [];
  for (let next = reader.peek(); next !== undefined; next = reader.peek()) {
    if (next.kind === 'mark' && next.text !== '(') break;
    operands.push(parseOperand(reader, depth));
  }
  return operands;
}

function parseOperand(reader: Reader, depth: number): Expression {
  let operand = parseStart(reader, depth);
  for (let next = reader.peek(); next?.kind === 'field' && !next.isApart; next = reader.peek()) {
    reader.take();
    operand = fieldOf(operand, next, reader.fault);
  }
  return operand;
}

function parseStart(reader: Reader, depth: number): Expression {
  const at = reader.at();
  const token = reader.take();
  switch (token?.kind) {
    case 'dot':
      return ({ dot }) => dot;
    case 'field':
      return fieldOf(({ dot }) => dot, token, reader.fault);
    case 'variable':
      return variable(token, reader.fault);
    case 'string': {
      const text = new SafeText(token.text);
      return () => text;
    }
    case 'number':
      return () => Number(token.text);
    case 'word':
      if (!CONSTANTS.has(token.text)) throw reader.fault(at, 'a call among arguments needs parentheses');
      return () => CONSTANTS.get(token.text);
    case 'mark':
      if (token.text === '(') return parseInParentheses(reader, depth);
      break;
    case undefined:
  }
  throw reader.fault(at, 'a value is missing');
}

function parseInParentheses(reader: Reader, depth: number): Expression {
  const inner = parsePipeline(reader, depth + 1);
  if (!takeMark(reader, ')')) throw reader.fault(reader.at(), 'a closing parenthesis is missing');
  return inner;
}

function variable({ text, at }: Token, fault: Fault): Expression {
  return ({ variables }) => {
    if (!variables.has(text)) throw fault(at, `there is no variable "${text}"`);
    return variables.get(text);
  };
}

function fieldOf(of: Expression, { text, at }: Token, fault: Fault): Expression {
  return (scope) => {
    const value = of(scope);
    if (value instanceof Missing) return value;
    if (!isObject(value) || value instanceof SafeText)
      return new Missing(fault(at, `${kindOf(value)} has no key "${text}"`));
    const key = keyFor(value, text);
    if (key !== undefined) return value[key];
    return new Missing(fault(at, `there is no key "${text}"`, listKeys(value)));
  };
}

interface CallParts {
  readonly args: readonly Expression[];
  readonly fault: Fault;
}

function callOf({ text, at }: Token, { args, fault }: CallParts): Expression {
  const found = FUNCTIONS.get(text);
  if (found === undefined)
    throw fault(at, `there is no function "${text}"`, `There are ${[...FUNCTIONS.keys()].join(', ')}.`);
  checkCount(found, args.length, (reason) => fault(at, `${text} ${reason}`));
  const { call, takesMissing = false } = found;
  return (scope) => {
    const values = args.map((arg) => arg(scope));
    if (!takesMissing) values.forEach(demand);
    return call(values, (reason, hint) => fault(at, reason, hint));
  };
}

function checkCount(
  { takes: [fewest, most] }: TemplateFunction,
  count: number,
  fault: (reason: string) => Error,
): void {
  if (count >= fewest && count <= most) return;
  const wanted = most === fewest ? `${fewest}` : `at least ${fewest}`;
  throw fault(`takes ${wanted} ${wanted === '1' ? 'value' : 'values'}, and gets ${count}`);
}
