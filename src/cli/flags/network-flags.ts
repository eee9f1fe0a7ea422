/** The options of commands that talk to registries: how a host is reached, and as whom. */

import { Option, type Command } from 'commander';

import { parseDuration } from '../units/duration.js';
import { collect, parseCount } from './option-values.js';
import { collectRules, type ResolveRule } from './resolve-rule.js';

interface LoginFlags {
  readonly username?: string;
  readonly passwordStdin?: true;
  readonly token?: string;
}

export interface NetworkFlags extends LoginFlags {
  readonly plainHttp?: true;
  readonly plainHttpAuth?: true;
  readonly insecure?: true;
  readonly resolve?: readonly ResolveRule[];
  readonly proxy?: string;
  readonly caFile?: readonly string[];
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly authHost?: readonly string[];
  readonly mirror?: readonly string[];
  readonly header?: readonly string[];
  readonly userAgent?: string;
  readonly connectTimeout?: number;
  readonly idleTimeout?: number;
}

export interface ConnectionsFlags {
  readonly connections?: number;
}

const NETWORK = 'Network options:';
const LOGIN = 'Login options (default: the login saved by "reg login", docker or podman):';

export function addNetworkFlags(command: Command): Command {
  const options = [
    new Option('-u, --username <name>', 'username, for this command only (default: $REG_USERNAME)'),
    new Option('--password-stdin', 'read the password from standard input (default: $REG_PASSWORD)'),
    // Read where it is used, like --proxy below.
    new Option('--token <token>', 'bearer token for the registry, or - to read it from standard input'),
  ];
  for (const option of options) command.addOption(option.helpGroup(LOGIN));
  return addConnectionFlags(command);
}

/** For commands that talk to a registry. */
export function addConnectionFlags(command: Command): Command {
  const options = [
    new Option('--plain-http', 'use http, not https (loopback needs no flag)'),
    new Option('--plain-http-auth', 'also send credentials over plain http'),
    new Option('--insecure', 'do not verify the certificate of the registry'),
    new Option('--ca-file <file>', 'also trust the certificates in this PEM file (repeatable)').argParser(
      collect,
    ),
    new Option('--cert-file <file>', 'client certificate (PEM), for registries that ask for one'),
    new Option('--key-file <file>', 'private key (PEM) of the client certificate'),
    new Option(
      '--auth-host <host>',
      'allow sending the password to a token service at this host (repeatable)',
    ).argParser(collect),
    // Read where it is used: a complaint about it here would print it, password and all.
    new Option(
      '--proxy <url>',
      'http or https proxy, or "none" (default: $HTTPS_PROXY, $HTTP_PROXY, $ALL_PROXY)',
    ),
    // Read where it is used, for the same reason.
    new Option(
      '--mirror <host=url>',
      'try this mirror before the registry, or "none" (repeatable; default: $REG_MIRRORS)',
    ).argParser(collect),
    new Option('--header <name:value>', 'extra header for the registry (repeatable)').argParser(collect),
    new Option('--user-agent <text>', 'User-Agent header to send (default: reg/VERSION)'),
    new Option(
      '--resolve <host:port:address>',
      'connect to this address instead of asking DNS; may end with :PORT (repeatable)',
    ).argParser(collectRules),
    new Option(
      '--connect-timeout <time>',
      'limit for connecting, such as 5s (default: $REG_CONNECT_TIMEOUT, else 10s)',
    ).argParser((text) => parseDuration(text, '--connect-timeout')),
    new Option(
      '--idle-timeout <time>',
      'limit without receiving a byte, such as 2m (default: $REG_IDLE_TIMEOUT, else 60s)',
    ).argParser((text) => parseDuration(text, '--idle-timeout')),
  ];
  for (const option of options) command.addOption(option.helpGroup(NETWORK));
  return command;
}

export function addConnectionsFlag(command: Command): Command {
  const text = 'most connections for large layers; 1 gives each layer one (default: 24)';
  return command.option('--connections <number>', text, parseCount);
}
