import type { Child } from './child.js';
import type { Person } from './person.js';
import type { Scope } from './temp.js';

export interface Served {
  readonly child: Child;
  /** `127.0.0.1:<port>`: what goes before the repository in a reference. */
  readonly host: string;
  /** Scheme and host. */
  readonly origin: string;
}

/** Starts `reg serve` over somebody's store on a free port, and waits until it says that it listens. */
export async function startServe(scope: Scope, owner: Person, args: readonly string[] = []): Promise<Served> {
  const child = await owner.start(['serve', '--listen', '127.0.0.1:0', ...args]);
  scope.after(() => child.kill());
  const origin = await Promise.race([
    announced(child),
    child.ended.then(({ stderr }) => Promise.reject(new Error(`reg serve ended: ${stderr}`))),
  ]);
  return { child, origin, host: new URL(origin).host };
}

async function announced(child: Child): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    child.process.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const url = /https?:\/\/[\d.]+:\d+/.exec(text)?.[0];
      if (url !== undefined) resolve(url);
    });
  });
}
