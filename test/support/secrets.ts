/**
 * What `reg` must never print. The servers of the tests tell their passwords and tokens here, and every `reg` that a test
 * starts is searched for all of them.
 */
import assert from 'node:assert/strict';
import type { Ended } from './child.js';

const secrets = new Set<string>();

/** From now on nothing that `reg` prints may hold it. */
export function keepSecret(secret: string): void {
  secrets.add(secret);
}

/** A login: the password, and what Basic makes of both. */
export function keepLogin(user: string, password: string): void {
  keepSecret(password);
  keepSecret(Buffer.from(`${user}:${password}`).toString('base64'));
}

/** Checks what `reg` with these arguments has printed. `reg auth get` prints a login: that is what it is for. */
export function assertNoSecret({ stdout, stderr }: Ended, args: readonly string[]): void {
  const isLogin = args[0] === 'auth' && args[1] === 'get';
  for (const secret of secrets) {
    assert.ok(!stderr.includes(secret), `"reg ${args.join(' ')}" tells a secret: ${stderr}`);
    assert.ok(isLogin || !stdout.includes(secret), `"reg ${args.join(' ')}" prints a secret: ${stdout}`);
  }
}
