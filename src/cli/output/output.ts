/** The standard output: results, and nothing else. Whatever is printed there passes through here and is safe. */

import { cleanText } from '../../spec/text.js';
import type { Template } from '../format/template.js';
import { layRows, layTable, span, textOf } from './layout.js';
import { safeJson } from '../format/safe-json.js';

/** One line, or several; what a terminal could take for a command is dropped. */
type Lines = string | readonly string[];

/** What is shown in place of the whole result; of nothing, nothing is printed. */
interface Views {
  /** What a person sees: lines, or what makes them, or prints in a way of its own. */
  readonly human?: Lines | (() => Lines | void);
  /** What `--quiet` leaves of it. */
  readonly quiet?: Lines;
}

/** How a person sees several results of a kind: as a table, or in a way of its own. */
type ListViews<Result> = (Table<Result> | Pick<Views, 'human'>) & {
  /** What `--quiet` leaves of each. */
  readonly quiet?: (result: Result) => Lines;
  /** What a person, and no program, is told on the standard error where there are no results. */
  readonly none: string | undefined;
};

interface LineViews<Result> extends Pick<ListViews<Result>, 'none'> {
  /** What a person sees of each, and what `--quiet` leaves. */
  readonly line: (result: Result) => string;
}

interface Table<Result> {
  readonly head: readonly string[];
  readonly row: (result: Result) => readonly string[];
  /** Columns that a line may take: what goes beyond is cut off the last cell. */
  readonly width?: number | undefined;
}

export interface Output {
  /**
   * A result, as it was asked for: `value` as JSON, or as the template makes it, or what a person sees of it. Its keys are
   * a promise, in camelCase; the README has them.
   */
  readonly result: (value: unknown, views: Views) => void;
  /** Several results of a kind: for people all at once, for programs one after the other. */
  readonly list: <Result>(values: readonly Result[], views: ListViews<Result>) => void;
  /** The same, each as soon as it is there, on a line of its own. */
  readonly each: <Result>(values: AsyncIterable<Result>, views: LineViews<Result>) => Promise<void>;
  /** One line of text that is no result, such as that there is nothing to do. */
  readonly line: (text: string) => void;
  /** Bytes as they are. */
  readonly raw: (bytes: Uint8Array) => void;
  /** The same, elsewhere: beside a tar that has the standard output. */
  readonly to: (stream: Writable) => Output;
  /** Prints what waited for the last result: how wide columns have to be is known then. */
  readonly end: () => void;
}

/** Where to write to; a part of what a stream can do. */
export interface Writable {
  write(chunk: string | Uint8Array): unknown;
}

/** What flags say of results. */
export interface OutputOptions {
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  /** What `--format` says. */
  readonly template?: Template | undefined;
  /** Tells a person something beside the results. Default: nobody is told. */
  readonly note?: ((message: string) => void) | undefined;
}

/** Longest line: annotations and commands may be long, but a terminal is not for megabytes. */
const MAX_LINE = 8192;

export function createOutput(stdout: Writable, options: OutputOptions = {}): Output {
  const { json = false, quiet = false, template, note } = options;
  const isForPrograms = json || template !== undefined;
  const tellNone = (message: string | undefined): void => {
    if (!isForPrograms && !quiet && message !== undefined) note?.(message);
  };
  const line = (text: string): void => void stdout.write(`${cleanLine(text)}\n`);
  const lines = (shown: Lines | void): void => [shown ?? []].flat().forEach(line);
  const others: Output[] = [];
  const rows: string[] = [];
  const forPrograms = (value: unknown): void => {
    if (template === undefined) stdout.write(`${safeJson(value)}\n`);
    else if (template.head === undefined) stdout.write(filledIn(template, value));
    else rows.push(...filledIn(template, value).split('\n').slice(0, -1));
  };
  const result: Output['result'] = (value, views) => {
    if (isForPrograms) forPrograms(value);
    else lines(made(quiet ? views.quiet : views.human));
  };
  return {
    result,
    list(values, views) {
      if (isForPrograms) values.forEach(forPrograms);
      else if (quiet) values.forEach((value) => lines(views.quiet?.(value)));
      else if (values.length === 0) tellNone(views.none);
      else if ('row' in views) lines(tableOf(values, views));
      else lines(made(views.human));
    },
    async each(values, views) {
      let isNone = true;
      for await (const value of values) {
        isNone = false;
        const line = views.line(value);
        result(value, { human: line, quiet: line });
      }
      if (isNone) tellNone(views.none);
    },
    line,
    raw: (bytes) => void stdout.write(bytes),
    to(stream) {
      const other = createOutput(stream, options);
      others.push(other);
      return other;
    },
    end() {
      const all = rows.length === 0 ? [] : [template?.head ?? '', ...rows.splice(0)];
      // What the rows hold was cleaned when they were filled in.
      const cells = all.map((row) => row.split('\t').map((text) => ({ text })));
      for (const line of layRows(cells).map(textOf)) stdout.write(`${line}\n`);
      for (const other of others) other.end();
    },
  };
}

function made(view: Views['human']): Lines | void {
  return typeof view === 'function' ? view() : view;
}

/** With a line break at its end; of nothing, nothing: so a template can leave results out. */
function filledIn(template: Template, value: unknown): string {
  const text = template.fill(value);
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function tableOf<Result>(values: readonly Result[], { head, row, width }: Table<Result>): readonly string[] {
  const columns = head.map((text) => ({ head: text }));
  const rows = values.map((value) => row(value).map((text) => span(text)));
  return layTable(columns, rows, { width }).map(textOf);
}

/** `text` as one safe line that keeps its indentation. */
export function cleanLine(text: string): string {
  const indent = /^ */.exec(text)?.[0] ?? '';
  return indent + cleanText(text, Math.max(1, MAX_LINE - indent.length));
}
