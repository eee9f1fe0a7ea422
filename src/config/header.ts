/** Headers that people add to requests: by `--header`, in docker's config.json, in a `hosts.toml`. */

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

/** RFC 9110, 5.1 and 5.5, but for bytes beyond ASCII. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
const VALUE = /^[\t\x20-\x7e]{0,4096}$/;

export function isReservedHeader(name: string): boolean {
  return RESERVED.has(name.toLowerCase());
}

/** Name, in lower case, and value; undefined for what is no header. */
export function headerOf(name: string, value: string): readonly [string, string] | undefined {
  return NAME.test(name) && VALUE.test(value) ? [name.toLowerCase(), value.trim()] : undefined;
}
