import assert from 'node:assert/strict';

import { RegError, type ErrorCode } from '../../src/errors.js';
import { createClient } from '../../src/registry/client.js';
import type { Registry } from '../../src/registry/registry.js';
import { instantClock } from './instant-clock.js';
import { startScriptedRegistry, type ScriptedRegistry } from './scripted-registry.js';
import type { Scope } from './temp.js';

/** A scripted registry, and our own client for its repository `app`; no wait of the client takes time. */
export async function scriptedSetup(scope: Scope): Promise<{
  readonly server: ScriptedRegistry;
  readonly registry: Registry;
  readonly waits: readonly number[];
}> {
  const server = await startScriptedRegistry(scope);
  const clock = instantClock();
  const client = createClient({ clock, plainHttp: true });
  scope.after(() => client.close());
  const registry = client.repository(server.host, 'app');
  return { server, registry, waits: clock.waits };
}

/** A check for `assert.rejects`: a RegError with this code and, if given, with such a message. */
export function failsWith(code: ErrorCode, message = /(?:)/): (error: unknown) => true {
  return (error) => {
    assert(error instanceof RegError, `not a RegError: ${String(error)}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}

/** All bytes that come. */
export async function collect(chunks: Promise<AsyncIterable<Uint8Array>>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of await chunks) all.push(chunk);
  return Buffer.concat(all);
}
