/** Headers that people add to requests: by `--header`, or in a `hosts.toml`. */

import { RegError } from '../errors.js';
import { quoteText } from '../spec/text.js';

/** What the client itself says, and what would turn one request into two or send a secret astray. */
const RESERVED: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
]);

const LOGIN = 'Use "reg login", or --token for one command.';
const HINTS: Readonly<Record<string, string>> = {
  authorization: LOGIN,
  cookie: LOGIN,
  'proxy-authorization': 'Write the password into the URL of --proxy.',
  'user-agent': 'Use --user-agent.',
};

/** RFC 9110, 5.1 and 5.5, but for bytes beyond ASCII. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
const VALUE = /^[\t\x20-\x7e]{0,4096}$/;

/** Whether `text` may be the value of a header. */
export function isHeaderValue(text: string): boolean {
  return VALUE.test(text);
}

export function isReservedHeader(name: string): boolean {
  return RESERVED.has(name.toLowerCase());
}

/** Name, in lower case, and value; undefined for what is not a valid header. */
export function headerOf(name: string, value: string): readonly [string, string] | undefined {
  return NAME.test(name) && isHeaderValue(value) ? [name.toLowerCase(), value.trim()] : undefined;
}

/**
 * Headers written as curl takes them, `Name: value`, or `NAME=VALUE`; of two with one name the later counts. Throws
 * INVALID_ARGUMENT, which never shows a value: it may be a secret.
 */
export function parseHeaders(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(lines.map(parseHeader));
}

function parseHeader(line: string): readonly [string, string] {
  const [, name = '', value = ''] = /^([^:=]+?)\s*[:=](.*)$/s.exec(line) ?? [];
  const header = headerOf(name, value);
  if (header === undefined) {
    throw new RegError(
      'INVALID_ARGUMENT',
      `invalid --header${name === '' ? '' : ` ${quoteText(name, 40)}`}`,
      {
        hint: 'Write "Name: value" or NAME=VALUE, in ASCII and on one line.',
      },
    );
  }
  if (!isReservedHeader(name)) return header;
  throw new RegError(
    'INVALID_ARGUMENT',
    `--header may not set ${quoteText(name, 40)}: reg does that itself`,
    {
      ...hintFor(name),
    },
  );
}

function hintFor(name: string): { readonly hint?: string } {
  const hint = HINTS[name.toLowerCase()];
  return hint === undefined ? {} : { hint };
}
