import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bareEnvironment } from './child.js';
import { programPath } from './programs.js';
import type { Scope } from './temp.js';

/** What a test with a real keychain needs. */
export const KEYRING = ['dbus-run-session', 'gnome-keyring-daemon'] as const;

export interface Keyring {
  /** What a program needs to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends it; the next one in the same home has what it kept. */
  readonly stop: () => Promise<void>;
}

/** The daemon goes into the background when it is ready; the session lasts until its input ends. */
const SESSION = '"$@" > /dev/null && echo "$DBUS_SESSION_BUS_ADDRESS" && exec cat <&3 > /dev/null';

/**
 * Starts gnome-keyring in a D-Bus session of its own, with its files in a home folder. It is unlocked with a throw-away
 * password, or `locked`: then it has what an earlier one kept, and gives nothing away. There is nobody to ask.
 */
export async function startKeyring(
  scope: Scope,
  home: string,
  state: 'unlocked' | 'locked',
): Promise<Keyring> {
  const run = join(home, '.run');
  await mkdir(run, { recursive: true, mode: 0o700 });
  const how = state === 'unlocked' ? '--unlock' : '--start';
  const daemon = [programPath('gnome-keyring-daemon'), how, '--components=secrets'];
  const args = ['--', '/bin/sh', '-c', SESSION, 'sh', ...daemon];
  const session = spawn(programPath('dbus-run-session'), args, {
    env: { ...bareEnvironment(), HOME: home, XDG_RUNTIME_DIR: run },
    stdio: ['pipe', 'pipe', 'ignore', 'pipe'],
  });
  const { stdin, stdout, stdio } = session;
  assert.ok(stdin !== null && stdout !== null);
  const leash = stdio[3];
  const ended = once(session, 'exit');
  const stop = async (): Promise<void> => {
    // Also when we are killed: then the system does it.
    leash?.destroy();
    await ended;
  };
  scope.after(stop);
  stdin.end('throw-away');
  const [address] = await Promise.race([once(createInterface(stdout), 'line'), ended]);
  if (session.exitCode !== null) throw new Error(`gnome-keyring ended with ${session.exitCode}`);
  stdout.destroy();
  const env = { DBUS_SESSION_BUS_ADDRESS: String(address), HOME: home, XDG_RUNTIME_DIR: run };
  return { env, stop };
}
