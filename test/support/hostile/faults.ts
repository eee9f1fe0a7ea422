/** What goes wrong, by name. */
import type { OutgoingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Exchange } from '../http-server.js';
import { bytesOf, refusal, type Fault, type Reply } from './reply.js';

/** Always says this. */
export function says(status: number, answer: Omit<Reply, 'status'> = {}): Fault {
  return () => ({ status, ...answer });
}

/** Says no, as registries do. */
export function refuses(status: number, code: string, headers: OutgoingHttpHeaders = {}): Fault {
  return () => refusal(status, code, headers);
}

/** Sends the client to another URL. */
export function redirects(to: string | ((exchange: Exchange) => string), status = 307): Fault {
  return (exchange) => ({ status, headers: { location: typeof to === 'string' ? to : to(exchange) } });
}

/** Strikes the first time, or the first few times, and is honest from then on. */
export function once(fault: Fault, times = 1): Fault {
  let left = times;
  return (exchange, honest) => (left-- > 0 ? fault(exchange, honest) : honest());
}

/** Is honest the first few times. */
export function after(times: number, fault: Fault): Fault {
  let left = times;
  return (exchange, honest) => (left-- > 0 ? honest() : fault(exchange, honest));
}

/** The honest answer with other bytes. */
export function changes(change: (bytes: Buffer) => Uint8Array | string): Fault {
  return async (_, honest) => {
    const said = await honest();
    return said.status === 200 || said.status === 206 ? { ...said, body: change(bytesOf(said)) } : said;
  };
}

/** The honest answer with other headers; null takes one away. */
export function withHeaders(headers: Readonly<Record<string, string | string[] | null>>): Fault {
  return async (_, honest) => {
    const said = await honest();
    const merged = Object.entries({ ...said.headers, ...headers }).filter(([, value]) => value !== null);
    return { ...said, headers: Object.fromEntries(merged) as OutgoingHttpHeaders };
  };
}

/** The honest bytes with one of them wrong, in the middle. */
export const flipsAByte = changes((bytes) => {
  const wrong = Buffer.from(bytes);
  const middle = Math.floor(wrong.length / 2);
  wrong[middle] = (wrong[middle] ?? 0) ^ 1;
  return wrong;
});

/** Takes the request and never says a word. */
export const neverAnswers: Fault = () => undefined;

/** Resets the connection before any answer. */
export const resets: Fault = ({ request }) => {
  request.socket.resetAndDestroy();
  return undefined;
};

/** Closes the connection, in order, before any answer. */
export const hangsUp: Fault = ({ request }) => {
  request.socket.end();
  return undefined;
};

/** Announces the whole honest answer, sends a share of it, and then does this to the connection. */
export function stopsAt(share: number, then: 'end' | 'reset' | 'silence' = 'end'): Fault {
  return async ({ response }, honest) => {
    const said = await honest();
    const bytes = bytesOf(said);
    response.writeHead(said.status, { 'content-length': bytes.length, ...said.headers });
    response.write(bytes.subarray(0, Math.floor(bytes.length * share)));
    // What was written is to be on its way before the connection ends.
    await sleep(50);
    if (then === 'end') response.socket?.end();
    if (then === 'reset') response.socket?.resetAndDestroy();
    return undefined;
  };
}

/** The honest answer in pieces, with a wait before each. */
export function dawdles(pieces: number, waitMs: number): Fault {
  return async ({ response }, honest) => {
    const said = await honest();
    const bytes = bytesOf(said);
    response.writeHead(said.status, { 'content-length': bytes.length, ...said.headers });
    const size = Math.ceil(bytes.length / pieces);
    for (let from = 0; from < bytes.length; from += size) {
      response.write(bytes.subarray(from, from + size));
      await sleep(waitMs);
    }
    response.end();
    return undefined;
  };
}

/** A body of chunks that has no end, as fast as it is read; for as long as the client stays. */
export function neverEnds(headers: OutgoingHttpHeaders = {}, status = 200): Fault {
  return async ({ response, log }) => {
    response.writeHead(status, headers);
    if (log.method === 'HEAD') {
      response.end();
      return undefined;
    }
    const block = Buffer.alloc(64 * 1024, ' ');
    while (!response.destroyed && response.writable) {
      if (!response.write(block)) await Promise.race([drained(response), sleep(100)]);
    }
    return undefined;
  };
}

function drained(stream: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => void stream.once('drain', resolve));
}

/** Says these bytes on the bare connection, HTTP or not, and then does this to it. */
export function speaks(
  bytes: Uint8Array | string | ((honest: Reply) => Uint8Array | string),
  then: 'end' | 'reset' | 'silence' = 'end',
): Fault {
  return async ({ request }, honest) => {
    const { socket } = request;
    socket.write(typeof bytes === 'function' ? bytes(await honest()) : bytes);
    if (then === 'end') socket.end();
    if (then === 'reset') setTimeout(() => socket.resetAndDestroy(), 50);
    return undefined;
  };
}
