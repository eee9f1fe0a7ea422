import type { Answer } from '../../src/registry/transport.js';

/** An answer out of nowhere, for what no server can be asked in earnest: ten thousand pages, six gigabytes. */
export function cannedAnswer(
  status: number,
  headers: Record<string, string> = {},
  body: object = {},
): Answer {
  const bytes = Buffer.from(JSON.stringify(body));
  return {
    status,
    url: new URL('http://registry.example/'),
    header: (name) => headers[name],
    body: (async function* () {
      yield bytes;
    })(),
    read: async () => bytes,
    discard: async () => {},
  };
}
