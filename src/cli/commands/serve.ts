/** `reg serve` */

import { once } from 'node:events';
import { isIPv6 } from 'node:net';

import { systemClock } from '../../content/system-clock.js';
import { RegError } from '../../errors.js';
import { createServer, type LogEntry } from '../../server/server.js';
import { quoteText } from '../../spec/text.js';
import { formatBytes } from '../bytes.js';
import type { Context } from '../context.js';

interface ServeFlags {
  readonly listen: string;
  readonly readOnly?: true;
}

export async function run({ flags, output, progress, signal, store }: Context<ServeFlags>): Promise<void> {
  const { host, port } = parseAddress(flags.listen);
  const log = flags.debug
    ? (entry: LogEntry) => progress.notice({ type: 'debug', message: describe(entry) })
    : undefined;
  const server = createServer({ layout: await store(), clock: systemClock, readOnly: flags.readOnly, log });
  const { url } = await server.listen(host, port);
  output.line(`Serving the local store at ${url} (${flags.readOnly ? 'read-only, ' : ''}Ctrl-C stops it)`);
  try {
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await server.close();
  }
}

/** Reads `HOST:PORT` or `[IPV6]:PORT`; a port alone is one of this machine. Throws INVALID_ARGUMENT. */
function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const [, six, four = '', digits = ''] = /^(?:(?:\[([^\]]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535 || (six !== undefined && !isIPv6(six))) {
    throw new RegError('INVALID_ARGUMENT', `invalid --listen ${quoteText(text)}`, {
      hint: 'Write HOST:PORT, such as 127.0.0.1:5000 or 0.0.0.0:5000.',
    });
  }
  return { host: six ?? (four === '' ? '127.0.0.1' : four), port };
}

function describe({ method, path, status, received, sent, durationMs, problem }: LogEntry): string {
  const moved = `in ${formatBytes(received)}, out ${formatBytes(sent)}, ${Math.round(durationMs)} ms`;
  return `${method} ${path} ${status} (${moved})${problem === undefined ? '' : `: ${problem}`}`;
}
