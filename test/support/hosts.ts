import type { Clock } from '../../src/content/retry.js';
import type { ClientOptions } from '../../src/registry/client-options.js';
import { createHosts, type Hosts } from '../../src/registry/hosts.js';
import type { Notice } from '../../src/registry/notices.js';
import { Redactor } from '../../src/spec/redactor.js';
import type { Answer, Request } from '../../src/registry/transport.js';
import type { Scope } from './temp.js';

export interface TestHosts {
  readonly get: Hosts['get'];
  readonly at: Hosts['at'];
  /** Everything that was said. */
  readonly notices: readonly Notice[];
  readonly messages: (type: Notice['type']) => readonly string[];
  /** How long was slept, in milliseconds; it did not take that long. */
  readonly sleeps: readonly number[];
  /** Moves the clock forward. */
  readonly advance: (ms: number) => void;
  readonly redactor: Redactor;
  readonly close: () => Promise<void>;
}

/** The transport of `registry/`, on a clock whose sleep takes no time, with three tries. Closed with the scope. */
export function startHosts(scope: Scope, options: Partial<ClientOptions> = {}): TestHosts {
  const notices: Notice[] = [];
  const sleeps: number[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now,
    random: () => 0,
    async sleep(ms) {
      sleeps.push(ms);
      now += ms;
    },
  };
  const redactor = new Redactor();
  const hosts = createHosts({
    clock,
    redactor,
    connectTimeoutMs: 2000,
    idleTimeoutMs: 2000,
    retryPolicy: { tries: 3, minWaitMs: 10, maxWaitMs: 20, maxAskedMs: 60_000 },
    onNotice: (notice) => notices.push(notice),
    ...options,
  });
  scope.after(() => hosts.close());
  return {
    get: (host) => hosts.get(host),
    at: (place, image) => hosts.at(place, image),
    notices,
    messages: (type) => notices.filter((notice) => notice.type === type).map(({ message }) => message),
    sleeps,
    advance: (ms) => (now += ms),
    redactor,
    close: () => hosts.close(),
  };
}

/** A GET that expects 200 and needs to pull `app`, unless the test says otherwise. */
export function toRequest(target: string | URL, options: Partial<Request> = {}): Request {
  return {
    method: 'GET',
    target,
    scopes: [{ repository: 'app', actions: ['pull'] }],
    expect: [200],
    ...options,
  };
}

export async function readText(answer: Answer): Promise<string> {
  return Buffer.from(await answer.read(1 << 20)).toString();
}
