import type { KeyPair } from './certificates.js';
import { forward } from './forward.js';
import { startHttpServer } from './http-server.js';
import type { Exchange, HttpServer } from './http-server.js';
import type { Scope } from './temp.js';

export interface LoggingProxyOptions {
  readonly tls?: KeyPair;
  /** Looks at each request first; returns true when it has answered (or broken) it itself. */
  readonly intercept?: (exchange: Exchange) => Promise<boolean> | boolean;
}

/**
 * Starts a reverse proxy in front of a server (`http://127.0.0.1:5000`) that logs every request and the bytes of
 * every body, so that a test can say "this was not fetched again", and that can misbehave by its `intercept`.
 */
export function startLoggingProxy(
  scope: Scope,
  origin: string,
  options: LoggingProxyOptions = {},
): Promise<HttpServer> {
  return startHttpServer(
    scope,
    async (exchange) => {
      if (await options.intercept?.(exchange)) return;
      await forward(exchange, origin);
    },
    { tls: options.tls },
  );
}
