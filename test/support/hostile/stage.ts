/** All that one case needs: a hostile registry, a person with a home and secrets, and `reg` in the person's hands. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createAuthority, type Authority, type KeyPair } from '../certificates.js';
import type { Ended } from '../child.js';
import { image, index, layer, type TestGraph } from '../images.js';
import { startReg, storeFolder } from '../reg.js';
import { temporaryFolder, type Scope } from '../temp.js';
import { startElsewhere, type Elsewhere } from './elsewhere.js';
import { startHostileRegistry, type HostileRegistry } from './registry.js';
import { createTokens, type Auth, type User } from './tokens.js';

/** Where the registry is: on loopback in clear, there with TLS, or at a public name that leads there. */
type Place = 'loopback' | 'tls' | 'public';

export interface StageOptions {
  /** Default: `loopback`. */
  readonly place?: Place | undefined;
  /** Default: `none`. */
  readonly auth?: Auth | undefined;
  /** Whether config.json holds the login. Default: where the registry asks for one. */
  readonly login?: boolean | undefined;
  /** What the registry holds. Default: an image of two layers. */
  readonly graph?: TestGraph | undefined;
  /** Address of loopback that the registry listens on. Default: `127.0.0.1`. */
  readonly address?: string | undefined;
}

export interface Stage {
  readonly scope: Scope;
  readonly home: string;
  readonly store: string;
  readonly dockerConfig: string;
  readonly authority: Authority;
  readonly registry: HostileRegistry;
  readonly graph: TestGraph;
  readonly user: User;
  /** The registry as a reference names it. */
  readonly host: string;
  /** The reference of the image. */
  readonly image: string;
  /** The flags without which the registry cannot be reached; a case may add more. */
  readonly flags: string[];
  /** What must not be seen anywhere: passwords, tokens and signatures, in all their forms. */
  readonly secrets: () => readonly string[];
  /** A fresh secret, such as a signature in a URL. */
  readonly secret: () => string;
  /** Starts another origin: on another port, another address, with TLS. */
  readonly elsewhere: (options?: {
    readonly address?: string;
    readonly tls?: boolean | KeyPair;
  }) => Promise<Elsewhere>;
  /** All other origins so far. */
  readonly foreign: readonly Elsewhere[];
  /** Writes a file below the home and answers its path. */
  readonly write: (path: string, content: string | Uint8Array) => Promise<string>;
  readonly reg: (args: readonly string[], options?: RunOptions) => Promise<Run>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly stdin?: string | undefined;
  /** Killed after so many seconds, which fails the case. Default: 45. */
  readonly withinSeconds?: number | undefined;
}

export interface Run extends Ended {
  readonly args: readonly string[];
  readonly seconds: number;
  /** Whether it had to be killed. */
  readonly hung: boolean;
}

const PUBLIC_NAME = 'registry.example.com';

const images = new Map<string, Promise<TestGraph>>();
let large: Promise<TestGraph> | undefined;

/** An image of two layers: a small one, and one of 256 KiB that does not compress. Always the same. */
export function stageImage(architecture = 'amd64'): Promise<TestGraph> {
  const known = images.get(architecture) ?? makeImage(architecture);
  images.set(architecture, known);
  return known;
}

/** The same with a layer of 1.25 MiB, which the store keeps a partial of when it breaks off. */
export function largeImage(): Promise<TestGraph> {
  large ??= makeImage('amd64', 1280 * 1024);
  return large;
}

async function makeImage(architecture: string, size = 256 * 1024): Promise<TestGraph> {
  const big = Buffer.alloc(size);
  for (let at = 0, state = 1; at < big.length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    big[at] = state >>> 24;
  }
  return image({
    layers: [await layer({ 'etc/os-release': `ID=${architecture}\n` }), await layer({ app: big })],
    platform: { architecture, os: 'linux' },
  });
}

/** An index of it for two platforms, this machine's first. */
export async function stageIndex(): Promise<TestGraph> {
  return index([await stageImage('amd64'), await stageImage('arm64')]);
}

let authority: Promise<Authority> | undefined;
let certificate: Promise<KeyPair> | undefined;

export async function setStage(scope: Scope, options: StageOptions = {}): Promise<Stage> {
  const { place = 'loopback', auth = 'none', login = auth !== 'none' && auth !== 'public' } = options;
  authority ??= createAuthority();
  const names = ['127.0.0.1', '127.0.0.2', '::1', 'localhost', PUBLIC_NAME, 'cdn.example.net', 'evil.test'];
  certificate ??= (await authority).issue(names);
  const tls = await certificate;
  const home = await temporaryFolder(scope);
  const user: User = {
    user: 'alice',
    password: `pw-${randomBytes(9).toString('hex')}`,
    identityToken: `identity-${randomBytes(9).toString('hex')}`,
  };
  const tokens = createTokens(auth, user);
  const graph = options.graph ?? (await stageImage());
  const { address } = options;
  const registry = await startHostileRegistry(scope, {
    graph,
    tokens,
    address,
    tls: place === 'loopback' ? undefined : tls,
  });
  const write = async (path: string, content: string | Uint8Array): Promise<string> => {
    const full = join(home, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, content, { mode: 0o600 });
    return full;
  };
  await mkdir(join(home, 'tmp'));
  const ca = await write('ca.crt', (await authority).certificate);
  const host = place === 'public' ? PUBLIC_NAME : registry.host;
  if (login) await write('.docker/config.json', dockerConfig({ [host]: user }));
  const foreign: Elsewhere[] = [];
  const more: string[] = [];
  return {
    scope,
    home,
    store: storeFolder(home),
    dockerConfig: join(home, '.docker', 'config.json'),
    authority: await authority,
    registry,
    graph,
    user,
    host,
    image: `${host}/app:1`,
    flags: [
      ...(place === 'public' ? ['--resolve', `${PUBLIC_NAME}:443:127.0.0.1:${registry.port}`] : []),
      ...(place === 'loopback' ? [] : ['--ca-file', ca]),
    ],
    secrets: () => [
      ...formsOf(`${user.user}:${user.password}`),
      ...[user.password, user.identityToken, ...tokens.secrets, ...more].flatMap(formsOf),
    ],
    secret() {
      const made = `sig-${randomBytes(9).toString('hex')}`;
      more.push(made);
      return made;
    },
    async elsewhere({ address, tls: wanted = false } = {}) {
      const pair = typeof wanted === 'boolean' ? (wanted ? tls : undefined) : wanted;
      const started = await startElsewhere(scope, { address, tls: pair });
      foreign.push(started);
      return started;
    },
    foreign,
    write,
    reg: (args, runOptions) => run(scope, { home, args, ...runOptions }),
  };
}

/** A config.json with logins. */
export function dockerConfig(logins: Readonly<Record<string, User>>): string {
  const auths = Object.fromEntries(
    Object.entries(logins).map(([host, { user, password }]) => [
      host,
      { auth: Buffer.from(`${user}:${password}`).toString('base64') },
    ]),
  );
  return JSON.stringify({ auths });
}

function formsOf(secret: string): readonly string[] {
  return [secret, Buffer.from(secret).toString('base64').replace(/=+$/, '')];
}

interface RunIn extends RunOptions {
  readonly home: string;
  readonly args: readonly string[];
}

async function run(scope: Scope, { home, args, env, stdin, withinSeconds = 45 }: RunIn): Promise<Run> {
  const started = performance.now();
  const child = await startReg(scope, args, {
    home,
    env: { TMPDIR: join(home, 'tmp'), ...env },
    ...(stdin !== undefined && { stdin }),
  });
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill();
  }, withinSeconds * 1000);
  const ended = await child.ended;
  clearTimeout(timer);
  return { ...ended, args, hung, seconds: (performance.now() - started) / 1000 };
}
