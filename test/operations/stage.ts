import { systemClock } from '../../src/content/system-clock.js';
import type { Layout } from '../../src/layout/layout.js';
import type { ClientOptions } from '../../src/registry/client-options.js';
import { createClient, type RegistryClient } from '../../src/registry/client.js';
import { openStore } from '../layout/stores.js';
import { startRegistry, type TestRegistry } from '../server/registry.js';
import { startLoggingProxy, type LoggingProxyOptions } from '../support/http-proxy-log.js';
import type { LoggedRequest } from '../support/http-server.js';
import { temporaryFolder, type Scope } from '../support/temp.js';

/** A registry, a store, and a client between them. */
export interface Stage {
  readonly registry: TestRegistry;
  /** What goes before the repository in a reference: every request passes a proxy that counts. */
  readonly host: string;
  readonly client: RegistryClient;
  readonly store: Layout;
  /** The requests since this was last called, less those that find out what kind of registry it is. */
  readonly requests: () => readonly LoggedRequest[];
  /** As `requests`, in words: `HEAD manifests/1`, with `DIGEST` for every digest. */
  readonly asked: () => readonly string[];
}

export interface StageOptions extends Partial<ClientOptions> {
  readonly intercept?: LoggingProxyOptions['intercept'];
}

/** Sets up an empty registry in this process, and an empty store. */
export async function setStage(scope: Scope, { intercept, ...options }: StageOptions = {}): Promise<Stage> {
  const registry = await startRegistry(scope);
  const proxy = await startLoggingProxy(scope, `http://${registry.host}`, intercept && { intercept });
  const client = createClient({ clock: systemClock, ...options });
  scope.after(() => client.close());
  let told = 0;
  const requests: Stage['requests'] = () => {
    const news = proxy.requests.slice(told).filter(({ path }) => path !== '/v2/');
    told = proxy.requests.length;
    return news;
  };
  return {
    registry,
    host: proxy.host,
    client,
    store: await openStore(scope, await temporaryFolder(scope)),
    requests,
    asked: () => requests().map(inWords),
  };
}

function inWords({ method, path }: LoggedRequest): string {
  const resource = /\/(manifests|blobs|tags)\/.*$/.exec(path)?.[0].slice(1) ?? path;
  return `${method} ${decodeURIComponent(resource).replace(/sha256:[0-9a-f]{64}/g, 'DIGEST')}`;
}

/** Path of the file of a blob in the store. */
export function blobFile(store: Layout, digest: string): string {
  return `${store.folder}/blobs/${digest.replace(':', '/')}`;
}
