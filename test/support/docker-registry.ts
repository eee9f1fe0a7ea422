import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyPair } from './certificates.js';
import { writeKeyPair } from './certificates.js';
import { bareEnvironment, startChild } from './child.js';
import type { Child } from './child.js';
import { ask } from './http-client.js';
import { programPath } from './programs.js';
import { keepLogin } from './secrets.js';
import { temporaryFolder } from './temp.js';
import type { Scope } from './temp.js';

/** What a registry has to know of a token server to believe its tokens; `TokenServer.trust` is one. */
export interface TokenTrust {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** PEM of the authority that signed the certificate of the signing key. */
  readonly rootCertificate: string;
}

export interface DockerRegistryOptions {
  /** Default: plain HTTP. */
  readonly tls?: KeyPair;
  /** PEM of the authority that must have signed the certificates of its clients. Default: they need none. */
  readonly clientAuthority?: string;
  /** Users and passwords (htpasswd), or a token server. Default: everyone may do all. */
  readonly auth?: { readonly users: Readonly<Record<string, string>> } | { readonly token: TokenTrust };
  /** Default: true. */
  readonly deleteEnabled?: boolean;
  /** Of another registry: what is not here is had from there, and kept. Takes no pushes. Default: none. */
  readonly remoteUrl?: string;
  /** Answers uploads with a relative `Location`. Default: false. */
  readonly relativeUrls?: boolean;
  /** Where it keeps its data. Default: an empty folder; give one to start again over old data. */
  readonly storage?: string;
}

/** One line of the registry's own access log. */
interface AccessLogEntry {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly status: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
}

export interface DockerRegistry {
  readonly port: number;
  /** `127.0.0.1:<port>`: what goes before the repository in a reference. */
  readonly host: string;
  /** Scheme and host. */
  readonly origin: string;
  /** The folder with its data. */
  readonly storage: string;
  /**
   * Everything that was asked so far, by the registry's own account. An entry is written just after its answer was
   * sent, so the very last one can be missing; where that matters put `startLoggingProxy` in front.
   */
  readonly requests: () => Promise<readonly AccessLogEntry[]>;
  /** What it wrote to its log (not the access log). */
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

/** Starts a real registry (the program docker-registry, distribution 2.8) on loopback, and waits until it answers. */
export async function startDockerRegistry(
  scope: Scope,
  options: DockerRegistryOptions = {},
): Promise<DockerRegistry> {
  const folder = await temporaryFolder(scope);
  const storage = options.storage ?? join(folder, 'storage');
  const config = join(folder, 'config.yml');
  await mkdir(storage, { recursive: true });
  // JSON is YAML too.
  await writeFile(config, JSON.stringify(await configuration(scope, folder, { ...options, storage })));
  const child = await startChild(scope, [programPath('docker-registry'), 'serve', config], {
    env: { ...bareEnvironment(), OTEL_TRACES_EXPORTER: 'none' },
  });
  const output = collectOutput(child);
  const port = await listeningPort(child, output);
  const host = `127.0.0.1:${port}`;
  const origin = `${options.tls === undefined ? 'http' : 'https'}://${host}`;
  return {
    port,
    host,
    origin,
    storage,
    requests: () => readAccessLog(origin, output),
    log: () => output.stderr,
    close: async () => {
      child.kill();
      await child.ended;
    },
  };
}

async function configuration(
  scope: Scope,
  folder: string,
  options: DockerRegistryOptions & { readonly storage: string },
): Promise<object> {
  const tls = options.tls && (await writeKeyPair(folder, 'registry', options.tls));
  const clientca = join(folder, 'clients.crt');
  if (options.clientAuthority !== undefined) await writeFile(clientca, options.clientAuthority);
  const clientcas = options.clientAuthority === undefined ? [] : [clientca];
  return {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: false } },
    storage: {
      filesystem: { rootdirectory: options.storage },
      delete: { enabled: options.deleteEnabled ?? true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: {
      // Port 0: the system picks a free one, and the log says which.
      addr: '127.0.0.1:0',
      secret: 'test',
      relativeurls: options.relativeUrls ?? false,
      ...(tls && { tls: { certificate: tls.certificate, key: tls.key, clientcas } }),
    },
    ...(options.remoteUrl !== undefined && { proxy: { remoteurl: options.remoteUrl } }),
    ...(options.auth && { auth: await authentication(scope, folder, options.auth) }),
  };
}

async function authentication(
  scope: Scope,
  folder: string,
  auth: NonNullable<DockerRegistryOptions['auth']>,
): Promise<object> {
  if ('token' in auth) {
    const { rootCertificate, ...token } = auth.token;
    const rootcertbundle = join(folder, 'token.crt');
    await writeFile(rootcertbundle, rootCertificate);
    return { token: { ...token, rootcertbundle } };
  }
  const lines = Object.entries(auth.users).map((user) => htpasswdLine(scope, user));
  const path = join(folder, 'htpasswd');
  await writeFile(path, (await Promise.all(lines)).join(''));
  return { htpasswd: { realm: 'test', path } };
}

async function htpasswdLine(scope: Scope, [user, password]: readonly [string, string]): Promise<string> {
  keepLogin(user, password);
  // The registry reads bcrypt only; a cost of 4 is the quickest.
  const command = [programPath('htpasswd'), '-niBC', '4', user] as const;
  const child = await startChild(scope, command, { stdin: password });
  const { stdout, stderr, code } = await child.ended;
  if (code !== 0) throw new Error(`htpasswd failed: ${stderr}`);
  return stdout.trimEnd() + '\n';
}

interface Output {
  stdout: string;
  stderr: string;
}

function collectOutput(child: Child): Output {
  const output: Output = { stdout: '', stderr: '' };
  child.process.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.process.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return output;
}

async function listeningPort(child: Child, output: Output): Promise<number> {
  const port = await Promise.race([
    poll(() => /listening on 127\.0\.0\.1:(\d+)/.exec(output.stderr)?.[1]),
    child.ended.then(() => undefined),
  ]);
  if (port === undefined) throw new Error(`docker-registry did not start: ${output.stderr}`);
  return Number(port);
}

let markers = 0;

/** The log lags a little behind: it is complete up to a request of our own as soon as that one is in it. */
async function readAccessLog(origin: string, output: Output): Promise<readonly AccessLogEntry[]> {
  const marker = `/end-of-log/${++markers}`;
  await ask(`${origin}${marker}`);
  await poll(() => (output.stdout.includes(`GET ${marker} `) ? true : undefined));
  return output.stdout
    .split('\n')
    .flatMap(parseAccessLogLine)
    .filter((entry) => !entry.path.startsWith('/end-of-log/'));
}

/** Apache's combined log format: `127.0.0.1 - - [date] "GET /v2/ HTTP/1.1" 200 2 "" "agent"`. */
function parseAccessLogLine(line: string): readonly AccessLogEntry[] {
  const match = /\] "(?<method>[A-Z]+) (?<path>\S+) HTTP\/[\d.]+" (?<status>\d+) (?<bytes>\d+)/.exec(line);
  if (!match?.groups) return [];
  const { method = '', path = '', status, bytes } = match.groups;
  return [{ method, path, status: Number(status), bytes: Number(bytes) }];
}

/** Asks every 10 ms until there is an answer, for at most 10 seconds. */
async function poll<T>(look: () => T | undefined): Promise<T> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('Waited in vain for docker-registry.');
}
