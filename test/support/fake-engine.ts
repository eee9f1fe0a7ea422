import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { temporaryFolder, type Scope } from './temp.js';

/** A stand-in for a Docker engine, on a socket in the file system. */
export interface FakeEngine {
  readonly socketPath: string;
  /** What `GET /images/NAME/get` answers, by name. */
  readonly images: Map<string, Buffer>;
  /** The tars that were loaded, the oldest first. */
  readonly loaded: Buffer[];
  /** `METHOD path` of each request. */
  readonly seen: string[];
  /** Takes the place of what it does otherwise. */
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;
}

export async function startFakeEngine(scope: Scope): Promise<FakeEngine> {
  const socketPath = join(await temporaryFolder(scope), 'docker.sock');
  const engine: FakeEngine = {
    socketPath,
    images: new Map(),
    loaded: [],
    seen: [],
    handle: (request, response) => answer(engine, request, response),
  };
  const server = createServer((request, response) => {
    engine.seen.push(`${request.method} ${request.url}`);
    void engine.handle(request, response);
  });
  server.listen(socketPath);
  await once(server, 'listening');
  scope.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return engine;
}

async function answer(engine: FakeEngine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, name] = /^\/images\/(.+)\/get$/.exec(request.url ?? '') ?? [];
  if (request.method === 'POST' && request.url === '/images/load?quiet=1') {
    engine.loaded.push(await buffer(request));
    response.setHeader('content-type', 'application/json').end('{"stream":"Loaded image: app:1\\n"}\r\n');
    return;
  }
  const tar = name === undefined ? undefined : engine.images.get(decodeURIComponent(name));
  if (tar !== undefined) response.setHeader('content-type', 'application/x-tar').end(tar);
  else response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"no such image"}');
}
