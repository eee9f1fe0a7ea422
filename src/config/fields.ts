/** The values of a settings file, each asked for by the type that it must have. */

import { RegError } from '../errors.js';
import { isObject, type JsonObject } from '../spec/json.js';
import { quoteText } from '../spec/text.js';

/** One table of a file. Everything throws INVALID_CONFIG for a value of another type. */
export interface Fields {
  /** For messages: the file, and what lies between. */
  readonly where: string;
  readonly keys: readonly string[];
  text(key: string): string | undefined;
  flag(key: string): boolean;
  texts(key: string): readonly string[];
  table(key: string): Fields;
  tables(key: string): readonly Fields[];
  /** As it is. */
  value(key: string): unknown;
  /** An error that names file and table. */
  wrong(fault: string): RegError;
}

export function fieldsOf(table: JsonObject, where: string): Fields {
  const wrong = (fault: string): RegError => new RegError('INVALID_CONFIG', `${where}: ${fault}`);
  const below = (key: string): string => `${where}: ${quoteText(key)}`;
  const listOf = <T>(key: string, { what, read }: Reader<T>): readonly T[] => {
    const value = table[key] ?? [];
    if (!Array.isArray(value)) throw wrong(`${quoteText(key)} is not a list of ${what}`);
    return value.map((item: unknown) => {
      const found = read(item);
      if (found === undefined) throw wrong(`${quoteText(key)} is not a list of ${what}`);
      return found;
    });
  };
  return {
    where,
    wrong,
    keys: Object.keys(table),
    value: (key) => table[key],
    text(key) {
      const value = table[key];
      if (value === undefined || typeof value === 'string') return value;
      throw wrong(`${quoteText(key)} is not a string`);
    },
    flag(key) {
      const value = table[key] ?? false;
      if (typeof value === 'boolean') return value;
      throw wrong(`${quoteText(key)} is neither true nor false`);
    },
    texts: (key) =>
      listOf(key, { what: 'strings', read: (item) => (typeof item === 'string' ? item : undefined) }),
    table(key) {
      const value = table[key] ?? {};
      if (!isObject(value)) throw wrong(`${quoteText(key)} is not a table`);
      return fieldsOf(value, below(key));
    },
    tables: (key) =>
      listOf(key, {
        what: 'tables',
        read: (item) => (isObject(item) ? fieldsOf(item, below(key)) : undefined),
      }),
  };
}

interface Reader<T> {
  readonly what: string;
  readonly read: (item: unknown) => T | undefined;
}
