import assert from 'node:assert/strict';
import { pid } from 'node:process';

import { systemClock } from '../../src/content/system-clock.js';
import { openLayout, type Layout } from '../../src/layout/layout.js';
import {
  createServer,
  type LogEntry,
  type RegistryServer,
  type ServerOptions,
} from '../../src/server/server.js';
import { bytesContent, sha256 } from '../support/contents.js';
import { ask, type Answer, type AskOptions } from '../support/http-client.js';
import { image, layer, type TestGraph, type TestImage } from '../support/images.js';
import { pushGraph } from '../support/push-graph.js';
import { temporaryFolder, type Scope } from '../support/temp.js';

export interface TestRegistry {
  readonly server: RegistryServer;
  readonly layout: Layout;
  /** Of the store. */
  readonly folder: string;
  readonly port: number;
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  readonly log: readonly LogEntry[];
  /** Asks for a path below `/v2/`, or for a `Location`. */
  readonly ask: (path: string, options?: AskOptions) => Promise<Answer>;
  readonly push: (name: string, tag: string, graph: TestGraph) => Promise<void>;
  readonly pushBlob: (name: string, bytes: Uint8Array | string) => Promise<string>;
  /** Begins an upload; answers with its `Location`. */
  readonly startUpload: (name: string) => Promise<string>;
}

/** Starts the registry that is tested, on loopback over an empty store. */
export async function startRegistry(
  scope: Scope,
  options: Partial<ServerOptions> & { readonly folder?: string } = {},
): Promise<TestRegistry> {
  const folder = options.folder ?? (await temporaryFolder(scope));
  const layout =
    options.layout ?? (await openLayout(folder, { clock: systemClock, pid, isRunning: () => true }));
  const log: LogEntry[] = [];
  const server = createServer({ clock: systemClock, log: (entry) => log.push(entry), ...options, layout });
  const { url, port } = await server.listen('127.0.0.1', 0);
  scope.after(async () => {
    await server.close();
    await layout.close();
  });
  const asks: TestRegistry['ask'] = (path, asked) =>
    ask(`${url}${path.startsWith('/') ? '' : '/v2/'}${path}`, asked);
  const startUpload: TestRegistry['startUpload'] = async (name) => {
    const { status, headers } = await asks(`${name}/blobs/uploads/`, { method: 'POST' });
    assert.equal(status, 202);
    return headers.location ?? '';
  };
  return {
    server,
    layout,
    folder,
    port,
    host: `127.0.0.1:${port}`,
    log,
    ask: asks,
    startUpload,
    push: (name, tag, graph) => pushGraph(`${url}/v2/${name}`, graph, { tag }),
    pushBlob: async (name, bytes) => {
      const { digest } = bytesContent(Buffer.from(bytes));
      const { status } = await asks(`${await startUpload(name)}?digest=${digest}`, {
        method: 'PUT',
        body: bytes,
      });
      assert.equal(status, 201);
      return digest;
    },
  };
}

/** The codes of an answer that refuses. */
function codesOf({ headers, body }: Answer): readonly string[] {
  assert.equal(headers['content-type'], 'application/json');
  const { errors }: { errors: readonly { code: string; message: string }[] } = JSON.parse(body.toString());
  assert(errors.every(({ message }) => message !== ''));
  return errors.map(({ code }) => code);
}

/** Asserts that a request is refused as it should be. */
export function assertRefused(answer: Answer, status: number, code: string): void {
  assert.deepEqual([answer.status, ...codesOf(answer)], [status, code], answer.body.toString());
}

/** A small image whose bytes depend on the text. */
export async function smallImage(text: string, manifest: object = {}): Promise<TestImage> {
  return image({ layers: [await layer({ file: text })], manifest });
}

/** A digest of no bytes that anyone has. */
export const NOWHERE = sha256('nowhere to be found');
