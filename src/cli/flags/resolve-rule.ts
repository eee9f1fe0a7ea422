/** `--resolve`: names that lead elsewhere than DNS says. */

import { isIP } from 'node:net';

import { InvalidArgumentError } from 'commander';

/** Where a name leads instead of where DNS says. */
export interface ResolveRule {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly toPort?: number;
}

/** Gathers the values of the option, which may be given several times. Throws as `parseResolveRule`. */
export function collectRules(text: string, earlier: readonly ResolveRule[] = []): readonly ResolveRule[] {
  return [...earlier, parseResolveRule(text)];
}

const RULE =
  /^(?<host>\[[0-9a-f:.]+\]|[^:[\]]+):(?<port>\d{1,5}):(?:\[(?<six>[^\]]+)\]|(?<four>[^:]+))(?::(?<toPort>\d{1,5}))?$/i;

/** Reads `HOST:PORT:ADDRESS[:PORT]`, with IPv6 addresses in brackets. Throws commander's InvalidArgumentError. */
export function parseResolveRule(text: string): ResolveRule {
  const { host = '', port = '', six, four, toPort } = RULE.exec(text)?.groups ?? {};
  const address = six ?? four ?? '';
  if (isIP(address) === 0 || !isPort(port) || (toPort !== undefined && !isPort(toPort))) {
    throw new InvalidArgumentError('Write HOST:PORT:ADDRESS[:PORT], such as ghcr.io:443:10.0.0.1.');
  }
  return {
    host: host.toLowerCase(),
    port: Number(port),
    address,
    ...(toPort === undefined ? {} : { toPort: Number(toPort) }),
  };
}

function isPort(text: string): boolean {
  const port = Number(text);
  return port >= 1 && port <= 65_535;
}
